"""A session does what its methods say, and says in a sentence what it can't do."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessions.messages import events
from sessions.session.session import Session
from sessions.views.reading import read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError

TWO = {"ratio": 0.3, "rounds": 2}


@pytest.fixture
def session(lab: Any) -> Any:
    with lab.create() as session:
        yield session


def assert_folds(session: Session) -> None:
    """The journal tells what the live view tells, field by field."""
    folded = read_view(session.path)
    for field in vars(SessionView()):
        assert getattr(folded, field) == getattr(session.view, field), f"{field} differs"


def order(session: Session) -> list[str]:
    """Branch and round of every round, as they were first trained."""
    rounds = [round_ for branch in session.view.branches.values() for round_ in branch.rounds.values()]
    return [f"{round_.branch}:{round_.number}" for round_ in sorted(rounds, key=lambda round_: round_.started)]


def test_branches_take_turns_and_share_the_dense_round(lab: Any) -> None:
    with lab.create(branch=[{"name": "a"}, {"name": "b", "pruner": "random"}, {"name": "c"}]) as session:
        assert (session.view.branches["b"].parent, session.view.branches["b"].parent_round) == ("a", 0)
        session.run()
        assert order(session) == ["a:0", "a:1", "b:1", "c:1", "a:2", "b:2", "c:2"]
        assert_folds(session)


def test_a_branch_that_trains_otherwise_has_its_own_dense_round(lab: Any) -> None:
    other = {"name": "b", "trainer": {"std_init": 0.1}, "pruning": {"rounds": 1}}
    with lab.create(branch=[{"name": "a"}, other]) as session:
        assert session.view.branches["b"].parent is None
        session.step(61)
        assert order(session) == ["a:0", "b:0"]


def test_step_counts_generations_across_rounds(session: Session) -> None:
    assert session.step(7) == 7
    assert session.step(100) == 100
    assert [round_.done for round_ in session.view.branches["snr"].rounds.values()] == [60, 47]
    assert session.view.state == "paused"
    assert session.step(1000) == 73
    assert session.is_finished
    assert session.view.state == "finished"
    assert session.step() == 0
    assert session.run_round() is None
    assert session.pulse() == 0
    assert_folds(session)


def test_run_round_gives_what_it_found(session: Session) -> None:
    session.step(13)
    for number in range(3):
        finished = session.run_round()
        assert finished is not None
        assert (finished.branch, finished.round, finished.generations) == ("snr", number, 60)
        assert all(0 < score < 1 for score in finished.score if score is not None)


def test_densities_and_counts(session: Session) -> None:
    session.run()
    rounds = session.view.branches["snr"].rounds
    prunable = rounds[0].kept
    assert [round_.density for round_ in rounds.values()] == pytest.approx([1.0, 0.7, 0.49])
    assert [round_.kept for round_ in rounds.values()] == [round(prunable * 0.7**t) for t in range(3)]
    assert [round_.dimension - round_.kept for round_ in rounds.values()] == [18, 18, 18]
    assert [len(round_.pruned) for round_ in rounds.values()] == [1, 1, 0]


def test_branch_goes_on_from_a_round(session: Session) -> None:
    session.run()
    assert session.branch("snr", 1) == "snr-2"
    assert session.branch("snr-2", 0) == "snr-3"
    assert session.branch("snr", 1, "mine", {"pruner": "random"}) == "mine"
    assert session.view.branches["snr-2"].parent_round == 1
    assert session.view.branches["snr-3"].parent == "snr"
    assert session.view.state == "paused"
    assert not session.is_finished
    session.run()
    assert sorted(session.view.branches["snr-3"].rounds) == [1, 2]
    assert [round_.branch for round_ in session.view.lineage("mine")] == ["snr", "snr", "mine"]
    assert_folds(session)


def test_a_branch_that_changes_nothing_finds_the_same(lab: Any, session: Session) -> None:
    session.run()
    session.branch("snr", 0, "again")
    session.run()
    found = lab.outcome(session.path)
    for number in (1, 2):
        assert found[f"again:{number}"]["mean"] == found[f"snr:{number}"]["mean"]


def test_rewind_to_sets_aside(session: Session) -> None:
    session.step(150)
    name = session.go_back("snr", 0)
    assert session.view.branches["snr"].aside
    assert session.view.running is None
    session.run()
    assert sorted(session.view.branches["snr"].rounds) == [0, 1, 2]
    assert session.view.branches["snr"].rounds[2].finished is None
    assert sorted(session.view.branches[name].rounds) == [1, 2]
    assert_folds(session)


def test_set_aside_and_taken_up_again(lab: Any, whole: Path, session: Session) -> None:
    session.step(80)
    session.set_aside("snr")
    assert session.is_finished
    assert_folds(session)
    session.set_aside("snr", False)
    assert not session.is_finished
    session.step(30)
    assert_folds(session)
    session.run()
    lab.assert_same(whole, session.path)


def test_switch_pruner_from_the_next_pruning_on(lab: Any, whole: Path, session: Session) -> None:
    session.step(70)
    session.switch_pruner("snr", "random", "fresh")
    session.run()
    rounds = session.view.branches["snr"].rounds
    assert [(p.pruner, p.rewind) for t in (0, 1) for p in rounds[t].pruned] == [("snr", "initial"), ("random", "fresh")]
    found, expected = lab.outcome(session.path), lab.outcome(whole)
    assert found["snr:1"]["mean"] == expected["snr:1"]["mean"]
    assert found["snr:2"]["mask"] != expected["snr:2"]["mask"]


def test_switch_trainer_from_the_next_round_on(session: Session) -> None:
    session.step(70)
    session.switch_trainer("snr", {"generations": 5})
    session.run()
    assert [round_.generations for round_ in session.view.branches["snr"].rounds.values()] == [60, 60, 5]


def test_set_pruning(session: Session) -> None:
    session.run()
    session.set_pruning("snr", {"ratio": 0.5, "rounds": 4})
    assert session.view.state == "paused"
    session.run()
    rounds = session.view.branches["snr"].rounds
    assert rounds[3].density == pytest.approx(0.245)
    session.set_pruning("snr", {"rounds": 2})
    assert session.is_finished
    assert_folds(session)


def test_notes_and_records(session: Session) -> None:
    session.note("RoundState here")
    with session.asked("terminal", {"type": "Pause"}):
        pass
    assert [(remark.text, remark.author) for remark in session.view.remarks] == [("RoundState here", "person")]
    assert [command.client for command in session.view.commands] == ["terminal"]
    assert_folds(session)


def test_subscribers_see_what_the_journal_holds(session: Session) -> None:
    seen: list[events.Event] = []
    live: list[events.Event] = []
    session.subscribe(lambda event, journalled: (seen if journalled else live).append(event), live_frames=True)
    before = len(read_view(session.path).commands)
    session.step(130)
    session.note("done")
    assert before == 0
    view = SessionView()
    view.branches = read_view(session.path).branches
    assert sum(event.count for event in seen if isinstance(event, events.Generations)) == 130
    assert isinstance(seen[-1], events.Remarked)
    assert all(isinstance(event, events.Frame) for event in live)


def refused(call: Callable[[Session], object], sentence: str) -> Any:
    return pytest.param(call, sentence, id=sentence[:40])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        refused(lambda s: s.branch("snx", 0), "unknown branch 'snx'; did you mean snr? Known: snr."),
        refused(lambda s: s.switch_pruner("x", "snr"), "unknown branch 'x'; known: snr."),
        refused(lambda s: s.set_aside("x"), "unknown branch 'x'; known: snr."),
        refused(lambda s: s.go_back("x", 0), "unknown branch 'x'; known: snr."),
        refused(lambda s: s.branch("snr", 1), "Branch 'snr' has no finished round 1; finished are 0."),
        refused(lambda s: s.go_back("snr", 7), "Branch 'snr' has no finished round 7; finished are 0."),
        refused(lambda s: s.branch("snr", 0, "snr"), "A branch 'snr' already exists; give the new one another name."),
        refused(lambda s: s.branch("snr", 0, "../x"), "$.branch.name: '../x', expected a branch name of 1 to 64"),
        refused(
            lambda s: s.branch("snr", 0, None, {"prunr": "snr"}),
            "$.prunr: unknown field, expected one of task, network, trainer, pruner, rewind, pruning, analysis",
        ),
        refused(
            lambda s: s.branch("snr", 0, None, {"pruning": {"ratio": 1.2}}),
            "$.pruning.ratio: 1.2, expected a number between 0 and 1, exclusive",
        ),
        refused(lambda s: s.branch("snr", 0, None, {"network": {"hidden": [4]}}), "$.network"),
        refused(lambda s: s.switch_pruner("snr", "snrr"), "unknown pruner 'snrr'; did you mean snr? Known: "),
        refused(lambda s: s.switch_trainer("snr", {"strategy": "sness"}), "unknown strategy 'sness'"),
        refused(
            lambda s: s.set_pruning("snr", {"ratio": 0.9, "rounds": 40}),
            "$.pruning: ratio 0.9 over 40 rounds, expected at least one of the 1648 prunable weights",
        ),
        refused(lambda s: s.tune({"nonsense": 1.0}), "nonsense"),
        refused(lambda s: s.tune({"std": -1.0}), "std"),
    ],
)
def test_what_can_not_be_done_is_said(
    lab: Any, one_round: Path, call: Callable[[Session], object], sentence: str
) -> None:
    with Session.open(one_round) as session:
        before = session.journal_end
        with pytest.raises(TicketError) as caught:
            call(session)
        assert sentence in str(caught.value)
        assert "\n" not in str(caught.value)
        assert session.journal_end == before, "a refused command leaves no trace"


@pytest.fixture(scope="session")
def one_round(shared_lab: Any) -> Path:
    """A session one generation into its second round."""
    with shared_lab.create("one-round", pruning={"ratio": 0.3, "rounds": 20}) as session:
        session.step(61)
    path: Path = session.path
    return path


@pytest.mark.parametrize("ask", [lambda s: s.end_round(), lambda s: s.tune({"std": 0.1})], ids=["prune", "tune"])
def test_nothing_runs_yet(session: Session, ask: Callable[[Session], None]) -> None:
    with pytest.raises(TicketError, match="No round is running, so nothing can be"):
        ask(session)
    session.run_round()
    with pytest.raises(TicketError, match="No round is running, so nothing can be"):
        ask(session)


def test_a_place_that_is_taken(session: Session) -> None:
    with pytest.raises(TicketError, match="exists already, and nothing was overwritten"):
        Session.create(session.spec, session.path)


def random_command(session: Session, random: np.random.Generator) -> None:
    """Something that a person might do, possible or not."""
    names = [*session.view.branches, "nobody"]
    name, number = names[random.integers(len(names))], int(random.integers(3))
    pruners, rewinds = ["snr", "magnitude", "random"], ["initial", "fresh", {"name": "early", "generation": 5}]
    choices: list[Callable[[], object]] = [
        lambda: session.step(int(random.integers(1, 90))),
        lambda: session.step(int(random.integers(1, 90))),
        lambda: session.pulse(),
        session.run_round,
        lambda: session.branch(name, number),
        lambda: session.go_back(name, number),
        lambda: session.set_aside(name, bool(random.integers(2))),
        lambda: session.switch_pruner(name, pruners[random.integers(3)], rewinds[random.integers(3)]),
        lambda: session.set_pruning(name, {"rounds": int(random.integers(1, 4))}),
        lambda: session.tune({"std": float(random.uniform(-0.1, 0.3))}),
        session.end_round,
        lambda: session.note("hm"),
        session.pause,
    ]
    with suppress(TicketError):
        choices[random.integers(len(choices))]()


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 40))])
def test_the_journal_tells_what_the_view_shows(lab: Any, seed: int) -> None:
    """Whatever is asked, in whatever order, through kills: fold(journal) is the live view."""
    random = np.random.default_rng(seed)
    session = lab.create(branch=[{"name": "a"}, {"name": "b", "pruner": "random"}])
    for _ in range(25):
        random_command(session, random)
        assert_folds(session)
        if random.random() < 0.15:
            session = Session.open(lab.kill(session))
            assert_folds(session)
    session.close()
    lab.assert_whole(session.path)
