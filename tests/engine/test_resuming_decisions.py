"""What a person decides while a session runs is decided again, at the same generation, after a kill."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sessions.session.session import Session
from sessions.store import FileName, SessionDirectory, read_records
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough

TWO = {"ratio": 0.3, "rounds": 2}
KEPT = FileName("early", "snr", 13)
EARLY = {"name": "early", "generation": 13}


def tuned(lab: Any, name: str) -> Session:
    session: Session = lab.create(name, pruning=TWO)
    session.step(20)
    session.tune({"std": 0.2})
    return session


@pytest.fixture(scope="session")
def tuned_whole(shared_lab: Any) -> Path:
    with tuned(shared_lab, "tuned") as session:
        session.step(15)
        session.tune({"std": 0.01, "mean_decay": 0.05})
        session.run()
    path: Path = session.path
    return path


def as_it_is(path: Path) -> None:
    pass


def without_checkpoint(path: Path) -> None:
    SessionDirectory(path).remove_checkpoint()


@pytest.mark.parametrize("harm", [as_it_is, without_checkpoint])
@pytest.mark.parametrize("after", [0, 1, 15])
def test_tuned_then_killed(lab: Any, tuned_whole: Path, harm: Callable[[Path], None], after: int) -> None:
    session = tuned(lab, "mine")
    session.step(after)
    harm(lab.kill(session))
    session = Session.open(session.path)
    session.step(15 - after)
    session.tune({"std": 0.01, "mean_decay": 0.05})
    harm(lab.kill(session))
    lab.assert_same(tuned_whole, lab.go_on(session.path), rounds=2)


def test_tuning_changes_what_is_found(lab: Any, whole: Path, tuned_whole: Path) -> None:
    assert lab.outcome(whole)["snr:0"]["mean"] != lab.outcome(tuned_whole)["snr:0"]["mean"]
    assert [change[0] for change in lab.outcome(tuned_whole)["snr:0"]["tuned"]] == [20, 35]


def test_tuning_forgotten_with_the_tail_of_the_journal(lab: Any, whole: Path) -> None:
    """The checkpoint knows of a change that the journal lost: it is not believed."""
    session = lab.create()
    session.step(20)
    before = session.journal_end
    session.tune({"std": 0.2})
    session.step(5)
    os.truncate(SessionDirectory(lab.kill(session)).journal, before)
    lab.assert_same(whole, lab.go_on(session.path), rounds=3)


def test_tail_cut_behind_the_tuning(lab: Any, tuned_whole: Path) -> None:
    session = tuned(lab, "mine")
    after = session.journal_end
    session.step(15)
    session.tune({"std": 0.01, "mean_decay": 0.05})
    os.truncate(SessionDirectory(lab.kill(session)).journal, after + 11)
    with Session.open(session.path) as session:
        session.step(15)
        session.tune({"std": 0.01, "mean_decay": 0.05})
        session.run()
    lab.assert_same(tuned_whole, session.path, rounds=2)


@pytest.fixture(scope="session")
def cut_whole(shared_lab: Any) -> Path:
    with shared_lab.create("cut", pruning=TWO) as session:
        session.step(30)
        session.end_round()
        session.run()
    path: Path = session.path
    return path


def test_round_cut_short_then_killed(lab: Any, cut_whole: Path) -> None:
    session = lab.create(pruning=TWO)
    session.step(30)
    session.end_round()
    assert session.view.branches["snr"].rounds[0].finished.generations == 30
    lab.assert_same(cut_whole, lab.go_on(lab.kill(session)), rounds=2)


@pytest.mark.parametrize("event", ["RoundCut", "Generations"])
def test_killed_between_cutting_and_finishing(lab: Any, whole: Path, cut_whole: Path, event: str) -> None:
    session = lab.create(pruning=TWO)
    session.step(30)
    before = session.journal_end
    session.end_round()
    journal = SessionDirectory(lab.kill(session)).journal
    if event == "RoundCut":
        size = sum(len(payload) + 8 for payload in read_records(journal, before).payloads[:1])
        os.truncate(journal, before + size)
        lab.assert_same(cut_whole, lab.go_on(session.path), rounds=2)
    else:
        os.truncate(journal, before)
        lab.go_on(session.path)
        assert lab.outcome(session.path)["snr:0"] == lab.outcome(whole)["snr:0"]


def test_cut_after_opening_again(lab: Any, cut_whole: Path) -> None:
    with lab.create(pruning=TWO) as session:
        session.step(30)
    with Session.open(session.path) as session:
        session.end_round()
        session.run()
    lab.assert_same(cut_whole, session.path, rounds=2)


def test_cut_after_losing_the_checkpoint(lab: Any, cut_whole: Path) -> None:
    """The cut is where the person saw it, although it has to be computed again up to there."""
    session = lab.create(pruning=TWO)
    session.step(30)
    SessionDirectory(lab.kill(session)).remove_checkpoint()
    with Session.open(session.path) as session:
        session.end_round()
        session.run()
    lab.assert_same(cut_whole, session.path, rounds=2)


def test_branches_share_the_dense_round(lab: Any, whole: Path) -> None:
    tables = {
        "branch": [{"name": "snr"}, {"name": "other", "pruner": "magnitude"}, {"name": "third", "rewind": "fresh"}]
    }
    expected = lab.finished(**tables)
    assert sorted(lab.outcome(expected)) == ["other:1", "other:2", "snr:0", "snr:1", "snr:2", "third:1", "third:2"]
    assert lab.outcome(expected)["snr:2"] == {
        **lab.outcome(whole)["snr:2"],
        "pruned": lab.outcome(expected)["snr:2"]["pruned"],
    }
    session = lab.create(**tables)
    while not session.is_finished:
        session.step(37)
        session = Session.open(lab.kill(session))
    session.close()
    lab.assert_same(expected, session.path, rounds=7)


@pytest.fixture(scope="session")
def early_whole(shared_lab: Any) -> Path:
    path: Path = shared_lab.finished("early", rewind=EARLY)
    return path


def test_early_weights_kept_while_running_survive_a_kill(lab: Any, early_whole: Path, whole: Path) -> None:
    assert lab.outcome(early_whole)["snr:1"]["mean"] != lab.outcome(whole)["snr:1"]["mean"]
    for at in (12, 13, 14, 61):
        session = lab.create(f"at {at}", rewind=EARLY)
        session.step(at)
        assert SessionDirectory(session.path).path_of(KEPT).exists() == (at >= 13)
        lab.assert_same(early_whole, lab.go_on(lab.kill(session)), rounds=3)


def test_early_weights_computed_again_are_the_same(lab: Any, early_whole: Path) -> None:
    session = lab.create()
    session.step(60)
    session.switch_pruner("snr", rewind=EARLY)
    session.run()
    session.close()
    lab.assert_same(early_whole, session.path, rounds=3)
    kept = [SessionDirectory(path).read(KEPT) for path in (early_whole, session.path)]
    assert kept[0] == kept[1]


def test_early_weights_of_a_tuned_round(lab: Any) -> None:
    def run(name: str, rewind: Any) -> Session:
        session: Session = lab.create(name, pruning=TWO, rewind=rewind)
        session.step(6)
        session.tune({"std": 0.2})
        session.step(7)
        session.tune({"std": 0.1})
        session.step(47)
        return session

    with run("kept", EARLY) as kept:
        kept.run()
    with run("later", "initial") as later:
        later.switch_pruner("snr", rewind=EARLY)
        later.run()
    lab.assert_same(kept.path, later.path, rounds=2)


def test_early_generation_that_the_first_round_has_not(lab: Any) -> None:
    with lab.create() as session:
        session.switch_pruner("snr", rewind=EARLY)
        session.step(10)
        session.end_round()
        with pytest.raises(TicketError, match=r"generation 13, but round 0 of branch 'snr' has 10"):
            session.run()
        with pytest.raises(TicketError, match=r"\$\.rewind\.generation: 13, expected at most 10"):
            session.switch_pruner("snr", rewind=EARLY)
        session.switch_pruner("snr", rewind={"name": "early", "generation": 10})
        session.run()
        assert session.is_finished


def test_later_rounds_may_be_shorter_than_the_early_generation(lab: Any) -> None:
    with lab.create(rewind=EARLY) as session:
        session.run_round()
        session.switch_trainer("snr", {"generations": 5})
        session.run()
        assert [round_.finished.generations for round_ in session.view.lineage("snr")] == [60, 5, 5]
