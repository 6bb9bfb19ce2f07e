"""Scores amid a round, and the environment steps until then: taken once, wherever a run is cut or killed."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sessions.engine.scoring import Scorer
from sessions.messages import events
from sessions.reports.generation_rows import metric_rows
from sessions.reports.json_report import report
from sessions.reports.learning import learning_curve, needed
from sessions.specs.journalled import trainer_of
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view
from tests.folding import fold

pytestmark = pytest.mark.thorough

TABLES: dict[str, Any] = {
    "task": {"name": "cartpole", "episodes": 2, "test_episodes": 2, "steps": 30},
    "network": {"name": "mlp", "hidden": [4], "activation": "tanh"},
    "trainer": {"generations": 8},
    "pruning": {"ratio": 0.3, "rounds": 2},
    "analysis": {"score_every": 3},
    "replicates": 2,
}


@pytest.fixture(scope="session")
def whole(shared_lab: Any) -> Any:
    return shared_lab.finished("learning", **TABLES)


def told(path: Any) -> list[tuple[int, list[tuple[int, list[float | None], list[int] | None]]]]:
    """Of every round: generation, scores and steps of its curve."""
    rounds = read_view(path).branches["snr"].rounds.values()
    return [(r.number, [(p.generation, p.score, p.environment_steps) for p in learning_curve(r)]) for r in rounds]


def test_they_are_told_in_order_and_counted(lab: Any, whole: Any) -> None:
    view = read_view(whole)
    for round_ in view.branches["snr"].rounds.values():
        assert [event.generation for event in round_.scored] == [3, 6]
        curve = learning_curve(round_)
        assert [point.generation for point in curve] == [3, 6, 8]
        steps = np.array([point.environment_steps for point in curve])
        assert (np.diff(steps, axis=0) > 0).all()
        assert (steps[-1] < 8 * 8 * 2 * 30).all(), "poles fall before the episodes are cut off"
        assert steps.shape == (3, 2)
    rows = [row for row in metric_rows(view) if row["round"] == 0 and row["replicate"] == 1]
    assert [row["generation"] for row in rows if row["score"] is not None] == [2, 5, 7]
    assert rows[-1]["environment_steps"] == curve_of(view, 0)[-1].environment_steps[1]
    assert not any(isinstance(event, events.Scored) for event in view.history)


def curve_of(view: Any, number: int) -> Any:
    return learning_curve(view.branches["snr"].rounds[number])


def test_cutting_and_killing_change_nothing(lab: Any, whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with lab.create("steps", **TABLES) as session:
        while not session.is_finished:
            session.step(2)
    assert told(session.path) == told(whole)

    session = lab.create("killed", **TABLES)
    session.step(4)
    session.pause()
    session.pulse(2)
    path = lab.go_on(lab.kill(session))
    assert told(path) == told(whole)
    lab.assert_same(path, whole, rounds=2)
    generations = [[event.generation for event in r.scored] for r in read_view(path).branches["snr"].rounds.values()]
    assert generations == [[3, 6], [3, 6]], "each once"


def test_a_score_that_a_killed_process_had_not_taken_is_made_up_for(lab: Any, whole: Any, monkeypatch: Any) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Scorer, "amid", lambda *_: None)
        session = lab.create("missed", **TABLES)
        session.step(3)
        session._engine.save(durable=True)
        path = lab.kill(session)
    assert read_view(path).branches["snr"].rounds[0].scored == []
    assert told(lab.go_on(path)) == told(whole)


MASKS = {"name": "mask_evolution", "population": 6, "elites": 2, "cloning": True, "retests": 2}


@pytest.mark.parametrize("trainer", [{}, MASKS], ids=["evolution", "a trainer that chooses its result"])
def test_the_last_score_amid_a_round_is_the_rounds_own(lab: Any, trainer: dict[str, Any]) -> None:
    pruner = "learned" if trainer else "snr"
    tables = {**TABLES, "pruner": pruner, "pruning": {"ratio": 0.3, "rounds": 1}}
    long, short = (lab.finished(f"of {n}", **{**tables, "trainer": {**trainer, "generations": n}}) for n in (8, 6))
    amid, own = (read_view(path).branches[pruner].rounds[0] for path in (long, short))
    assert [event.generation for event in own.scored] == [3], "the one at its end is the round's"
    assert own.finished is not None
    assert own.finished.score == amid.scored[-1].score


def test_reports_say_what_was_spent_and_what_a_score_took(whole: Any) -> None:
    directory, view = SessionDirectory(whole), read_view(whole)
    table = report(whole, read_header(directory), view, target=10.0)
    dense = table["branches"][0]["rounds"][0]
    curve = curve_of(view, 0)
    assert dense["environment_steps_by_replicate"] == curve[-1].environment_steps
    assert dense["forward_passes"] is None
    assert [point["generation"] for point in dense["scores"]] == [3, 6, 8]
    assert dense["scores"][1]["score_by_replicate"] == curve[1].score
    for replicate in range(2):
        there = [point for point in curve if point.score[replicate] >= 10.0]
        took = dense["to_reach"]["environment_steps"][replicate]
        assert took == (there[0].environment_steps[replicate] if there else None)
    unreachable = needed(view.branches["snr"].rounds[0], 31.0)
    assert unreachable["environment_steps"] == unreachable["generations"] == [None, None]
    solved = report(whole, read_header(directory), view)
    assert solved["branches"][0]["rounds"][0]["to_reach"]["target"] == 475.0


def test_a_trainer_of_another_version_has_no_cost_that_is_known() -> None:
    known = {"name": "evolution", "strategy": "snes", "population": 8, "generations": 5}
    assert trainer_of({"trainer": known}) is not None
    for strange in ({**known, "new": 1}, {**known, "population": "many"}, {"name": "of tomorrow"}, {}):
        assert trainer_of({"trainer": strange}) is None


def test_images_have_scores_amid_a_round_and_forward_passes(lab: Any) -> None:
    path = lab.finished("images", analysis={"score_every": 25}, pruning={"ratio": 0.3, "rounds": 1})
    round_ = read_view(path).branches["snr"].rounds[0]
    assert [point.generation for point in learning_curve(round_)] == [25, 50, 60]
    assert [point.forward_passes for point in learning_curve(round_)] == [200, 400, 480]
    assert round_.steps_taken() is None
    table = report(path, read_header(SessionDirectory(path)), read_view(path))
    first = table["branches"][0]["rounds"][0]
    assert (first["environment_steps"], first["to_reach"], len(first["scores"])) == (None, None, 3)


def test_adopted_rounds_bring_both_along(lab: Any, whole: Any) -> None:
    with lab.create("taker", **TABLES) as session:
        session.adopt(whole, "snr", "theirs")
    here, there = (read_view(path) for path in (session.path, whole))
    for one, other in zip(here.branches["theirs"].rounds.values(), there.branches["snr"].rounds.values(), strict=True):
        assert learning_curve(one) == learning_curve(other)
        assert {event.branch for event in one.scored} == {"theirs"}


def test_generations_that_an_early_version_did_not_count_are_unknown() -> None:
    def block(first: int, steps: list[list[int]]) -> events.Generations:
        values = np.zeros((2, 2, 4), "<f4").tobytes()
        told = np.array(steps, "<i4").tobytes()
        return events.Generations(branch="a", round=0, first=first, count=2, values=values, steps=told)

    began = [
        events.BranchAdded(branch="a", plan={}),
        events.RoundStarted(branch="a", round=0, density=1.0, kept=1, dimension=1, generations=8),
    ]
    large = 2**30
    for counted in (True, False):
        first = [[large, 1], [large, 1]] if counted else []
        view = fold(iter([*began, block(0, first), block(2, [[large, 1], [large + 1, 1]])]))
        round_ = view.branches["a"].rounds[0]
        assert round_.steps_by(4) == ([4 * large + 1, 4] if counted else None)
        assert round_.steps_by(5) is None
        assert all(first <= second for first, second in pairwise(round_.steps_taken()[:, 0].tolist()))  # type: ignore[index]
