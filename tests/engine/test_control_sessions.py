"""Control tasks in sessions: resumed bit for bit with their observation statistics, watched, and told about."""

from importlib.metadata import version

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sessions.messages.commands import Rollout
from sessions.plans.problems import plan_of
from sessions.session.session import Session
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import arithmetic

pytestmark = pytest.mark.thorough

TABLES = {
    "task": {"name": "pendulum", "episodes": 2, "test_episodes": 2, "steps": 15, "normalise": True},
    "network": {"name": "mlp", "hidden": [4], "activation": "tanh"},
    "trainer": {"generations": 8},
    "pruning": {"ratio": 0.3, "rounds": 2},
}


@pytest.fixture(scope="session")
def whole(shared_lab):
    return shared_lab.finished("control", **TABLES)


def test_a_killed_round_continues_bit_for_bit_with_its_observation_statistics(lab, whole):
    session = lab.create(**TABLES)
    session.step(5)
    session.pause()
    session.pulse(2)
    path = lab.go_on(lab.kill(session))
    lab.assert_same(path, whole, rounds=2)
    states = lab.outcome(path)["snr:1"]["problem_state"]
    assert np.frombuffer(states[0], "<f4") == 8 * 8 * 2 * 15, "count: generations, individuals, episodes, steps"


def test_the_hessian_of_returns_is_by_differences_of_a_sample_and_eigenvectors_there_are_none(whole):
    with Session.open(whole) as session:
        found = session.analyse("hessian", "snr", 1, {"weights": 7, "examples": 2, "draws": 3})
        with pytest.raises(TicketError, match=r"Eigenvectors need the Hessian of a loss"):
            session.analyse("curvature", "snr", 1, {"along": "eigenvectors"})
    kept = session._engine.lineage.arrays("snr", 1).mask[0]
    assert kept[found.array("entries")[0].astype(int)].all()
    assert found.array("diagonal").shape == (1, 7)
    assert np.isfinite(found.array("diagonal_error")).all()
    assert found.array("diagonal_error").any()
    assert found.array("eigenvalues").shape == (1, 0)
    assert np.isnan(found.array("trace")).all()


def test_chunks_change_nothing(lab, whole):
    with lab.create(**TABLES) as session:
        while not session.is_finished:
            session.step(3)
    lab.assert_same(session.path, whole, rounds=2)


def test_policies_are_watched_while_they_are_trained_and_afterwards(lab):
    with lab.create(**TABLES) as session:
        assert session.header.versions["gymnax"] == version("gymnax")
        with pytest.raises(TicketError, match=r"has no policy yet; run or step first"):
            session.rollout("snr")
        session.step(3)
        running = session.rollout("snr")
        assert (running.round, running.generation, running.kind, running.shape[0]) == (0, 3, "segments", 15)
        session.run()
        assert session.rollout("snr").round == 1
        early = session.rollout("snr", 0)
        assert early.round == 0
        assert len(early.rewards) == 4 * early.shape[0]
        assert early.drawings != session.rollout("snr").drawings
    assert not Rollout.is_journalled


def test_images_have_no_policy(lab):
    with lab.create() as session:
        session.step(1)
        with pytest.raises(TicketError, match="Only control tasks have a policy"):
            session.rollout("snr")


def test_a_branch_all_of_whose_test_episodes_break_fails_and_says_so(lab):
    """A pendulum whose speed overflows is at no angle after a step."""
    task = {**TABLES["task"], "parameters": {"g": 1e38, "dt": 10.0, "max_speed": 3e38}}
    with lab.create(**{**TABLES, "task": task, "pruning": {"rounds": 1}}) as session:
        with pytest.raises(TicketError, match=r"Replicate 0 of snr:0 diverged .* its score was not a finite number"):
            session.run()
        assert session.view.round("snr", 0).finished is None


def test_landscapes_see_each_policy_through_its_own_observation_statistics(lab, whole):
    """The ends of a line between two rounds are what the policies are worth with what each of them was scored with."""
    with Session.open(whole) as session:
        found = session.analyse("connectivity", "snr", None, {"points": 3, "examples": 4})
        problem = session._engine.problems.of(plan_of(session.view.branches["snr"].plan))
        looks = [session._engine.analyst.subjects.state_of("snr", number) for number in (0, 1)]
        key = session._engine.analyst._examples_keys()[0]
    for number, look in enumerate(looks):
        state = jax.tree.map(lambda array: jnp.asarray(array)[:1], look.trained.state)
        with arithmetic():
            alone = problem.evaluate(key, jnp.asarray(look.trained.mean), state, 4)
        np.testing.assert_allclose(found.array("score")[0, number, 1 - number, -1], alone.score[0], rtol=1e-4)
    first, second = (look.trained.state.observations.mean for look in looks)
    assert not np.allclose(first, second)
