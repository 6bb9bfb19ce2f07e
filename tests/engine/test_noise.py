"""Branches that share their initial weights and differ in their noise, from the start or from step k on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessions.engine.noise import Noise
from sessions.engine.running_round import digest_of
from sessions.plans.twins import noisy, twin_of
from sessions.session.session import Session
from sessions.specs.spec import parse_plan, parse_spec
from sessions.views.reading import read_view
from ticket_explorer.errors import InvalidValue, TicketError

pytestmark = pytest.mark.thorough

STEP = 25
BRANCHES = [
    {"name": "base"},
    {"name": "other", "noise_seed": 1},
    {"name": "late", "noise_seed": 1, "noise_from": STEP},
    {"name": "named", "noise_seed": 0},
    {"name": "same", "noise_seed": 1, "pruner": "magnitude"},
    {"name": "again", "noise_seed": 2, "transfer": {"branch": "base"}},
]
TABLES: dict[str, Any] = {"branch": BRANCHES, "pruning": {"ratio": 0.3, "rounds": 2}, "replicates": 2}


@pytest.fixture(scope="session")
def finished(shared_lab: Any) -> Path:
    path: Path = shared_lab.finished("noisy", **TABLES)
    return path


def test_branches_of_other_noise_share_weights_and_no_round(finished: Path) -> None:
    view = read_view(finished)
    parents = {name: branch.parent for name, branch in view.branches.items()}
    assert parents == {"base": None, "other": None, "late": None, "named": None, "same": "other", "again": None}
    with Session.open(finished) as session:
        lineage = session._engine.lineage
        starts = [np.asarray(lineage.trained(name, 0).start) for name in parents]
    for start in starts[1:]:
        np.testing.assert_array_equal(start, starts[0])
    metrics = {name: branch.rounds[0].metrics() for name, branch in view.branches.items() if branch.rounds.get(0)}
    assert (metrics["base"] != metrics["other"])[..., :3].all()
    np.testing.assert_array_equal(metrics["named"], metrics["base"])  # the session's own seed, by its number


def test_until_step_k_the_noise_is_the_sessions(finished: Path) -> None:
    branches = read_view(finished).branches
    late, base = (branches[name].rounds[0].metrics()[..., :3] for name in ("late", "base"))
    np.testing.assert_array_equal(late[:STEP], base[:STEP])
    assert (late[STEP:] != base[STEP:]).all()


def test_a_killed_branch_of_its_own_noise_goes_on_bit_for_bit(lab: Any, finished: Path) -> None:
    session = lab.create("killed", **TABLES)
    while session.view.running is None or session.view.running.branch != "late":
        session.run_round()
        session.step(1)
    session.step(STEP - 5)
    session.pause()
    session.pulse(7)
    lab.assert_same(lab.go_on(lab.kill(session)), finished)


def test_checkpoints_know_their_noise_and_those_of_the_session_are_as_they_were() -> None:
    table = {"trainer": {"name": "gradient_descent"}, "pruner": "magnitude"}
    plain = Noise.of(parse_plan(table), 7)
    own = Noise.of(parse_plan({**table, "noise_seed": 7, "noise_from": 3}), 7)
    assert plain.identity == ()
    assert digest_of("shape", 7, "a", 0, *plain.identity) == digest_of("shape", 7, "a", 0)
    assert digest_of("shape", 7, "a", 0, *own.identity) != digest_of("shape", 7, "a", 0)


def test_step_k_without_noise_of_its_own_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"\$\.branch\[0\]\.noise_from: 5, expected a noise_seed too"):
        parse_spec({"branch": [{"name": "a", "noise_from": 5}]})
    with pytest.raises(InvalidValue, match=r"noise_seed"):
        parse_spec({"noise_seed": -1})


def test_instability_joins_twins_round_by_round(finished: Path) -> None:
    with Session.open(finished) as session:
        assert noisy(session.view) == ["other", "late", "named", "again"]
        assert (twin_of(session.view, "again"), twin_of(session.view, "late")) == ("base", "base")
        found = session.analyse("instability", "again", parameters={"points": 3, "examples": 50})
        lines = session.analyse("connectivity", "again", None, {"points": 3, "examples": 50, "other": "base"})
        early = session.analyse("instability", "other", parameters={"points": 3, "examples": 50})
        same = session.analyse("instability", "named", parameters={"points": 3, "examples": 50, "other": "base"})
    assert found.parameters["other"] == "base"
    assert found.array("rounds").tolist() == [0, 1]
    np.testing.assert_allclose(found.array("densities"), [1.0, 0.7])
    diagonal = lines.array("instability")[:, [0, 1], [0, 1]]
    np.testing.assert_allclose(found.array("instability"), diagonal, atol=1e-6)
    assert early.array("rounds").tolist() == [0], "tickets of round 1 were found under different noise, and are others"
    np.testing.assert_allclose(same.array("instability"), 0.0, atol=1e-6)


def test_a_branch_after_a_round_may_have_other_noise(lab: Any) -> None:
    with lab.create(pruning={"ratio": 0.3, "rounds": 2}) as session:
        session.run()
        name = session.branch("snr", 0, overrides={"noise_seed": 3})
        session.run()
        rounds = [session.view.branches[branch].rounds[1] for branch in ("snr", name)]
    assert (rounds[0].metrics()[..., 0] != rounds[1].metrics()[..., 0]).all()
    assert [round_.plan["noise_seed"] for round_ in rounds] == [None, 3]


def test_instability_needs_a_twin(lab: Any, finished: Path) -> None:
    with (
        Session.open(finished) as session,
        pytest.raises(TicketError, match="no round that both trained from the same"),
    ):
        session.analyse("instability", "same", parameters={"other": "other"})
    with lab.create(pruning={"ratio": 0.3, "rounds": 1}) as session:
        session.run()
        with pytest.raises(TicketError, match="No other branch trains the tickets of 'snr' under different noise"):
            session.analyse("instability", "snr")
