"""Analyses in a session: asked for, worked on in slices, cancelled, journalled, and taken up again."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessions.messages import commands, events
from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.session.session import Session
from sessions.views.reading import read_view
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough

SMALL: dict[str, dict[str, Any]] = {
    "snr": {},
    "layers": {},
    "curvature": {"directions": 2, "points": 5, "examples": 50},
    "surface": {"points": 3, "examples": 50},
    "connectivity": {"points": 3, "examples": 50},
    "instability": {"other": "again", "points": 3, "examples": 50},
    "comparison": {"other": "random"},
    "decomposition": {},
    "hessian": {"vectors": 3, "steps": 4, "eigenvalues": 2, "examples": 50},
}
UNDEFINED = {
    "comparison": {"standard_error", "p_value", "holm_p_value"},
    "decomposition": {"standard_error", "share_error"},
}
"""Of one replicate."""
CURVED = {"correlation": True, "curvature": True, "curvature_every": 25}


@pytest.fixture(scope="session")
def finished(shared_lab: Any) -> Path:
    """A session of two branches and the first one's controls, run to its end."""
    branches = [
        {"name": "snr", "pruner": "snr"},
        {"name": "random", "pruner": "random", "rewind": "fresh"},
        {"name": "again", "noise_seed": 1, "transfer": {"branch": "snr"}},
    ]
    with shared_lab.create("analysed", branch=branches) as session:
        session.decompose("snr")
        session.run()
        path: Path = session.path
    return path


@pytest.mark.parametrize("kind", ANALYSES)
def test_what_is_found_is_journalled(finished: Path, kind: str) -> None:
    with Session.open(finished) as session:
        found = session.analyse(kind, "snr", parameters=SMALL[kind])
    replayed = read_view(finished).analysis(kind, "snr", found.round)
    assert replayed == found
    assert (found.kind, found.branch, found.round, found.generation) == (kind, "snr", 2, 60)
    assert found.parameters.items() >= SMALL[kind].items()
    undefined = {name for name in found.arrays if found.array(name).size and not np.isfinite(found.array(name)).any()}
    assert undefined - {"share"} == UNDEFINED.get(kind, set())


def test_a_profile_goes_through_the_score_of_the_round(finished: Path) -> None:
    with Session.open(finished) as session:
        found = session.analyse("curvature", "snr", 0, {"directions": 2, "points": 3, "examples": 1000})
        round_ = session.view.branches["snr"].rounds[0]
    assert round_.finished is not None
    expected = np.array(round_.finished.score)[:, None].repeat(2, 1)
    np.testing.assert_allclose(found.array("score")[:, :, 1], expected, rtol=1e-5)


def test_branches_share_the_analysis_of_the_round_they_share(finished: Path) -> None:
    with Session.open(finished) as session:
        found = session.analyse("curvature", "snr", 0, SMALL["curvature"])
        assert session.view.analysis("curvature", "random", 0) is found
        own = session.analyse("curvature", "random", 1, SMALL["curvature"])
        assert session.view.analysis("curvature", "random", 1) is own
        assert session.view.analysis("curvature", "snr", 1) is not own


def test_two_branches_are_joined(finished: Path) -> None:
    with Session.open(finished) as session:
        found = session.analyse("connectivity", "snr", None, {**SMALL["connectivity"], "other": "random"})
    assert found.array("loss").shape == (1, 3, 3, 3)
    np.testing.assert_allclose(found.array("loss_barrier")[:, 0, 0], 0, atol=1e-5)  # the shared dense round


def test_a_running_round_is_looked_at_as_it_is(lab: Any) -> None:
    with lab.create() as session:
        session.step(7)
        found = session.analyse("curvature", "snr", None, SMALL["curvature"])
        assert (found.round, found.generation) == (0, 7)
        session.run()
    lab.assert_same(session.path, lab.finished())


@pytest.mark.parametrize(
    ("kind", "branch", "number", "parameters", "sentence"),
    [
        ("curvature", "snr", 5, {}, r"Round 5 of branch 'snr' is not finished.*finished are 0 to 2"),
        ("curvature", "sn", None, {}, "unknown branch 'sn'; did you mean snr"),
        ("curve", "snr", None, {}, "unknown analysis 'curve'; did you mean curvature"),
        ("curvature", "snr", None, {"points": 4}, r"\$.points: 4, expected an odd number"),
        ("hessian", "snr", 5, {}, r"Round 5 of branch 'snr' is not finished"),
        ("hessian", "snr", None, {"eigenvalues": 30}, r"\$.eigenvalues: 30, expected no more than there are steps: 20"),
        ("curvature", "snr", None, {"along": "way"}, r"\$.directions: 5, expected 2, the components"),
        ("surface", "snr", None, {"reach": 0}, r"\$.reach: 0, expected a number above 0"),
        ("connectivity", "snr", None, {"other": "ran"}, "unknown branch 'ran'"),
        ("decomposition", "random", None, {}, "'random' has no control with permuted weights or .* decompose it first"),
    ],
)
def test_what_can_not_be_analysed_is_refused(
    finished: Path, kind: str, branch: str, number: int | None, parameters: dict[str, Any], sentence: str
) -> None:
    with Session.open(finished) as session, pytest.raises(TicketError, match=sentence):
        session.analyse(kind, branch, number, parameters)


def test_a_way_is_sampled_alike_however_a_round_is_cut(lab: Any) -> None:
    """Paused, killed and resumed: the file of the round is the same; its end is the middle of the surface."""
    whole, cut = lab.finished("ways", analysis={"way": True}), lab.create(analysis={"way": True})
    cut.step(23)
    cut.pause()
    path = lab.kill(cut)
    with Session.open(path) as again:
        again.run()
        found = again.analyse("surface", "snr", 1, {"points": 3, "examples": 50, "along": "way"})
    lab.assert_same(path, whole)
    way = found.array("way")
    assert way.shape == (1, 17, 2)
    assert (np.abs(way).max((0, 1)) == 1).all()
    assert not way[:, -1].any()
    assert not (path / "way.msgpack").exists()
    with (
        pytest.raises(TicketError, match=r"The way of round 1 .* was not sampled"),
        Session.open(lab.finished()) as plain,
    ):
        plain.analyse("surface", "snr", 1, {"along": "way"})


@pytest.mark.parametrize("kind", ["curvature", "surface"])
def test_along_the_leading_eigenvector_the_loss_bends_by_half_its_eigenvalue(finished: Path, kind: str) -> None:
    settings = {"along": "eigenvectors", "points": 5, "reach": 0.003, "examples": 50}
    with Session.open(finished) as session:
        hessian = session.analyse("hessian", "snr", 0, {"vectors": 1, "examples": 50})
        found = session.analyse(kind, "snr", 0, settings | ({"directions": 2} if kind == "curvature" else {}))
    largest = hessian.array("eigenvalues")[:, :2]
    if kind == "curvature":
        np.testing.assert_allclose(found.array("sharpness"), largest / 2, rtol=0.15)
    else:
        loss, steps = found.array("loss")[0], found.array("steps")
        assert np.polyfit(steps, loss[:, 2], 2)[0] == pytest.approx(largest[0, 0] / 2, rel=0.15)
        assert found.array("way").shape == (1, 2, 2)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (
            {"branch": [{"name": "snr", "pruner": "fisher"}]},
            r"\$\.pruner\.name: fisher, which needs the loss of each example by itself",
        ),
        ({"analysis": {"hessian": True}}, r"\$\.analysis\.hessian: .* the loss of resnet_18 depends on the batch"),
        ({"analysis": {"hessian_every": 9}}, r"\$\.analysis\.hessian_every: 9, .* depends on the batch"),
    ],
)
def test_what_needs_a_hessian_refuses_batch_normalisation(lab: Any, table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TicketError, match=sentence):
        lab.create(network={"name": "resnet_18", "width": 2, "blocks": 1}, **table)


def test_nothing_trained_has_nothing_to_analyse(lab: Any) -> None:
    with lab.create() as session, pytest.raises(TicketError, match="no finished round yet to analyse; run a round"):
        session.analyse("curvature", "snr")


def test_different_problems_are_not_joined(finished: Path) -> None:
    with Session.open(finished) as session:
        last = session.view.branches["random"].rounds[2]
        last.plan = {**last.plan, "network": {"name": "mlp", "hidden": [9]}}
        with pytest.raises(TicketError, match=r"train different problems \(mlp on fashion and mlp on fashion\)"):
            session.analyse("connectivity", "snr", parameters={"other": "random"})


def test_the_spec_has_curvature_computed_as_it_goes(lab: Any) -> None:
    path = lab.finished("curved", analysis=CURVED)
    lab.assert_same(path, lab.finished("plain"))
    view = read_view(path)
    looked_at = [(known.round, known.generation, known.parameters["points"]) for known in view.analyses]
    assert sorted(looked_at) == [(r, g, p) for r in range(3) for g, p in ((25, 9), (50, 9), (60, 51))]
    assert view.analysis("curvature", "snr", 1, generation=30).generation == 25  # type: ignore[union-attr]
    assert not any(isinstance(event, events.Analysed) for event in view.history)


def test_a_headless_run_ends_with_its_last_analysis(lab: Any) -> None:
    with lab.create(analysis={"curvature": True}) as session:
        Driver(session, Goal(to_the_end=True)).run(stay=False)
        assert sorted(known.round for known in session.view.analyses) == [0, 1, 2]
        assert session.view.state == "finished"


def test_a_killed_process_computes_the_curvature_of_its_rounds_later(lab: Any) -> None:
    session = lab.create(analysis={"curvature": True})
    rounds = session.view.branches["snr"].rounds
    while 0 not in rounds or rounds[0].finished is None:
        session._engine.pulse(lab.spec().branches[0].plan.trainer.generations)
        session._engine.analyst._waiting.clear()
    path = lab.kill(session)
    with Session.open(path) as again:
        assert again.view.analyses == []
        again.run()
        assert sorted(known.round for known in again.view.analyses) == [0, 1, 2]


class Answers:
    """Waits for what a driver says."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def __call__(self, command: commands.Command) -> tuple[dict[str, Any] | None, TicketError | None]:
        said: list[Any] = []
        there = threading.Event()

        def reply(result: Any, error: TicketError | None) -> None:
            said.extend((result, error))
            there.set()

        self._driver.ask(command, "test", reply)
        assert there.wait(60)
        return said[0], said[1]


def test_a_driver_answers_at_once_and_can_be_told_to_cancel(lab: Any) -> None:
    session = lab.create()
    driver = Driver(session, Goal())
    thread = threading.Thread(target=driver.run, args=(True,))
    thread.start()
    ask = Answers(driver)
    try:
        ask(commands.RunRounds(rounds=1))
        lab.until(lambda: session.view.state == "paused" and session.view.branches["snr"].next_round == 1)
        first, _ = ask(commands.Analyse(kind="curvature", branch="snr", parameters=SMALL["curvature"]))
        large = commands.Analyse(kind="surface", branch="snr", parameters={"points": 1001})
        second, _ = ask(large)
        third, _ = ask(large)
        assert [found and found["id"] for found in (first, second, third)] == [1, 2, 3]
        for number in (2, 3):
            assert ask(commands.CancelAnalysis(id=number)) == ({}, None)
        assert str(ask(commands.CancelAnalysis(id=3))[1]) == (
            "No analysis 3 is waiting or running; it may be done already."
        )
        lab.until(lambda: driver.is_resting)
        assert [known.id for known in session.view.analyses] == [1]
    finally:
        ask(commands.Stop())
        thread.join()
        session.close()


def test_progress_is_told_and_never_journalled(finished: Path) -> None:
    told: list[events.Event] = []
    with Session.open(finished) as session:
        session.subscribe(lambda event, journalled: None if journalled else told.append(event))
        session.ask_analysis("surface", "snr", None, {"points": 101})
        while not any(isinstance(event, events.Analysing) and event.done > 0 for event in told):
            session._engine.analyst.work(at_once=True)
        assert [known.kind for known in session.view.analysing.values()] == ["surface"]
        assert read_view(finished).analysing == {}
    ended = [event.ended for event in told if isinstance(event, events.Analysing) and event.ended]
    assert ended == ["the engine was stopped before it finished"]
