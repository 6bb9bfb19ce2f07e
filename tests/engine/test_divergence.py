"""Numbers that are no longer finite never pass for results: they are said, left out, and nothing is pruned by them."""

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

from sessions.messages import events
from sessions.reports.json_report import report
from sessions.reports.session_list import session_state
from sessions.session.session import Session
from sessions.store import SessionDirectory
from sessions.store.round_file import decode_round
from sessions.tickets.tickets import Lineage
from sessions.views.diverged import left_out
from sessions.views.failures import failures
from sessions.views.reading import read_header, read_view
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough

SGD: dict[str, Any] = {"name": "gradient_descent", "optimizer": {"name": "sgd"}, "generations": 12}
WILD = {**SGD, "optimizer": {"name": "sgd", "learning_rate": 1e12}}
TWO = {"ratio": 0.3, "rounds": 2}


@pytest.fixture
def one_explodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replicate 1 of three starts where float32 ends."""
    initial = Lineage.initial

    def exploding(self: Lineage, branch: str, plan: Any) -> Any:
        return initial(self, branch, plan).at[1].set(jnp.float32(3e38))

    monkeypatch.setattr(Lineage, "initial", exploding)


def diverged(path: Path) -> list[events.Diverged]:
    return [event for event in read_view(path).history if isinstance(event, events.Diverged)]


def test_a_branch_without_a_finite_number_fails_and_others_go_on(lab: Any) -> None:
    branches = [{"name": "wild", "trainer": WILD}, {"name": "tame", "trainer": SGD}]
    with lab.create("wild", branch=branches, pruning=TWO, replicates=2) as session:
        with pytest.raises(TicketError, match=r"wild:0 diverged by generation .*learning rate"):
            session.run()
        assert session.is_finished
        path = session.path
    view = read_view(path)
    (event,) = diverged(path)
    assert (event.replicates, event.left, event.what) == ([0, 1], 0, "weights")
    assert view.branches["wild"].rounds[0].finished is None
    assert not list((path / "rounds" / "wild").glob("[0-9]*")), "nothing of it is sealed"
    assert view.branches["tame"].is_done
    assert not any(isinstance(event, events.Pruned) and event.branch == "wild" for event in view.history)
    assert session_state(path).state == "failed"
    told = report(path, read_header(SessionDirectory.open_for_reading(path)), view)["branches"]
    assert [branch["failed"] is None for branch in told] == [False, True]
    lab.assert_whole(path)


def test_the_command_line_says_so_and_exits_with_1(lab: Any) -> None:
    from widgets.cli.commands import app

    with lab.create("told", trainer=WILD, pruning=TWO) as session:
        path = session.path
    result = CliRunner().invoke(app, ["resume", str(path)])
    assert result.exit_code == 1
    assert "diverged at generation" in result.stderr
    assert "smaller learning rate" in result.stderr
    shown = CliRunner().invoke(app, ["show", str(path)])
    assert shown.exit_code == 0
    assert "has failed" in " ".join(shown.stdout.split())


@pytest.mark.usefixtures("one_explodes")
def test_a_replicate_that_diverged_is_left_out_of_everything(lab: Any) -> None:
    with lab.create("one", trainer=SGD, pruning=TWO, replicates=3) as session:
        session.run()
        path = session.path
    (event,) = diverged(path)
    assert (event.replicates, event.left, event.round) == ([1], 2, 0)
    view = read_view(path)
    for number, round_ in view.branches["magnitude"].rounds.items():
        assert left_out(view, "magnitude", number) == {1}
        assert [value is None for value in round_.finished.score] == [False, True, False]
        assert [value is None for value in round_.finished.fitness] == [False, True, False]
        assert np.isnan(round_.metrics()[-1, 1]).all()
        arrays = decode_round(SessionDirectory(path).read_round("magnitude", number), path)
        assert np.isnan(arrays.mean[1][arrays.mask[1]]).all()
        assert np.isfinite(arrays.mean[[0, 2]]).all()
    assert failures(view) == []
    lab.assert_whole(path)


@pytest.mark.usefixtures("one_explodes")
def test_others_come_out_as_without_it(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with lab.create("with", trainer=SGD, pruning=TWO, replicates=3) as session:
        session.run()
    monkeypatch.undo()
    whole = lab.finished("without", trainer=SGD, pruning=TWO, replicates=3)
    scores = [
        [r.finished.score for r in read_view(p).branches["magnitude"].rounds.values()] for p in (session.path, whole)
    ]
    assert [[row[0], row[2]] for row in scores[0]] == [[row[0], row[2]] for row in scores[1]]


@pytest.mark.usefixtures("one_explodes")
def test_killed_and_stepped_it_is_the_same(lab: Any) -> None:
    with lab.create("whole", trainer=SGD, pruning=TWO, replicates=3) as session:
        session.run()
    other = lab.create("cut", trainer=SGD, pruning=TWO, replicates=3)
    for generations in (1, 4, 9):
        other.step(generations)
        other = Session.open(lab.kill(other))
    other.run()
    other.close()
    lab.assert_same(session.path, other.path, rounds=2)
    assert [(e.generation, e.replicates) for e in diverged(session.path)] == [
        (e.generation, e.replicates) for e in diverged(other.path)
    ]


def test_a_round_whose_branch_waits_for_a_failed_one_is_not_waited_for(lab: Any) -> None:
    with lab.create("waits", trainer=WILD, pruning=TWO) as session:
        session.transfer("magnitude", overrides={"trainer": {**SGD}})
        with pytest.raises(TicketError, match="waits for rounds of 'magnitude', which has failed"):
            session.run()


def test_fitness_without_a_number_is_no_training(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Individuals overflow, so that no fitness is a number, while the mean stays where it was."""
    with lab.create("flat", trainer={"std_init": 1e30}, pruning=TWO) as session:
        with pytest.raises(TicketError, match=r"no fitness was a finite number|diverged"):
            session.run_round()
        assert session.view.branches["snr"].rounds[0].finished is None


def test_a_layer_that_would_be_pruned_away_is_refused_in_advance(lab: Any) -> None:
    with pytest.raises(TicketError, match=r"at least one of the 80 weights of dense_1/kernel.*global"):
        lab.create("empty", pruning={"ratio": 0.9, "rounds": 4, "scope": "layer"})


def test_a_layer_that_is_pruned_away_is_remarked_on(lab: Any) -> None:
    with lab.create("collapse", trainer={"generations": 2}, pruning={"ratio": 0.97, "rounds": 3}) as session:
        session.run()
    remarks = [remark.text for remark in session.view.remarks]
    (told,) = [text for text in remarks if "snr:2 begins with a collapsed layer" in text]
    mask = decode_round(SessionDirectory(session.path).read_round("snr", 2), session.path).mask
    leaf = next(leaf for leaf in session.view.branches["snr"].leaves if leaf.name in told)
    assert leaf.prunable
    assert mask[0].sum() < 30, "biases and the few weights that are left"
