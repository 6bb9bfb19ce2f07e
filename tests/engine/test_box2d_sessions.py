"""Box2D tasks in sessions: resumed bit for bit amid a round, cut as one likes, and refused where they can't work."""

import warnings
from importlib.util import find_spec

import numpy as np
import pytest

from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.specs.spec import parse_spec
from ticket_explorer.errors import TicketError
from ticket_explorer.tasks.control.box2d.worker_pool import WorkerPool

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its bindings warn of what Python will change one day
    pytest.importorskip("Box2D")

pytestmark = pytest.mark.slow
TABLES = {
    "task": {"name": "lunar_lander", "episodes": 2, "test_episodes": 2, "steps": 15, "normalise": True, "workers": 2},
    "network": {"name": "mlp", "hidden": [4], "activation": "tanh"},
    "trainer": {"generations": 8},
    "pruning": {"ratio": 0.3, "rounds": 2},
    "analysis": {"score_every": 3},
}


@pytest.fixture(scope="session")
def whole(shared_lab):
    return shared_lab.finished("box2d", **TABLES)


def test_a_killed_round_continues_bit_for_bit(lab, whole):
    session = lab.create(**TABLES)
    session.step(5)
    session.pause()
    session.pulse(2)
    path = lab.go_on(lab.kill(session))
    lab.assert_same(path, whole, rounds=2)
    found = lab.outcome(path)["snr:0"]
    assert [generation for generation, _ in found["scored"]] == [3, 6]
    assert np.frombuffer(found["steps"], "<i4").tolist() == [8 * 2 * 15] * 8, "nobody lands within 15 steps"


@pytest.mark.skipif(find_spec("envpool") is None, reason="the extra `envpool` is not installed")
def test_envpool_counts_the_steps_of_episodes_that_had_not_ended(lab):
    task = {**TABLES["task"], "provider": "envpool", "steps": 400}
    tables = {**TABLES, "task": task, "trainer": {"generations": 2}, "pruning": {"ratio": 0.3, "rounds": 1}}
    steps = np.frombuffer(lab.outcome(lab.finished("envpool", **tables))["snr:0"]["steps"], "<i4")
    assert ((steps > 8 * 2 * 40) & (steps < 8 * 2 * 400)).all(), "all have crashed before they are cut off"


def test_chunks_change_nothing_and_policies_are_watched(lab, whole):
    with lab.create(**TABLES) as session:
        session.step(3)
        assert session.rollout("snr").kind == "segments"
        while not session.is_finished:
            session.step(3)
    lab.assert_same(session.path, whole, rounds=2)


def test_workers_that_fail_for_good_pause_the_session_with_a_sentence(lab, whole, monkeypatch):
    act = WorkerPool.act

    def fails(self, *rest):
        raise TicketError("A process died; is there enough memory?")

    with lab.create(**TABLES) as session:
        session.step(2)
        monkeypatch.setattr(WorkerPool, "act", fails)
        driver = Driver(session, Goal(to_the_end=True))
        driver.run(stay=False)
        assert str(driver.failure) == "A process died; is there enough memory?"
        monkeypatch.setattr(WorkerPool, "act", act)
        Driver(session, Goal(to_the_end=True)).run(stay=False)
    lab.assert_same(session.path, whole, rounds=2)


def test_trainers_that_act_themselves_are_refused():
    with pytest.raises(TicketError, match=r"ppo on lunar_lander, expected .* a control task of gymnax or brax"):
        parse_spec({"task": {"name": "lunar_lander"}, "trainer": {"name": "ppo"}, "pruner": "magnitude"})
