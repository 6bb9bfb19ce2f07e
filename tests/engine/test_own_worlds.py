"""Environments of one's own, in JAX and of Gymnasium's kind."""

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ticket_explorer as tx
from sessions.specs.own_code import codes_of
from sessions.specs.spec import parse_spec
from tests.engine.own_stage import own, task
from ticket_explorer.errors import TicketError
from ticket_explorer.tasks.control.settings import can_be_acted_in

pytestmark = pytest.mark.thorough

ENDLESS = """
import threading
import numpy as np
from ticket_explorer.tasks.control.box2d.worker_pool import WorkerPool
from ticket_explorer.tasks.control.stepping import World

pool = WorkerPool(1)
begun = threading.Thread(target=pool.begin, args=(World("signal:pause", (), None), np.zeros(1, np.uint32)))
begun.start()
while not pool.pids:
    pass
print(*pool.pids, flush=True)
"""
"""A process whose worker makes an environment that never comes."""


def test_an_environment_of_ones_own(mine: Path, lab: Any) -> None:
    spec = own(lab, task={"name": "worlds.py:Line", "size": 2.0, "episodes": 2, "test_episodes": 3})
    assert can_be_acted_in(type(spec.branches[0].plan.task))
    with tx.Session.create(spec, lab.path()) as session:
        session.run()
        measured = session.view.branches["snr"].plan["task"]["measured"]
        episode = session.rollout("snr", 0)
    assert measured["observation"] == [3]
    assert (measured["outputs"], measured["steps"]) == (2, 5)
    assert episode.shape[0] <= 5
    lab.assert_whole(session.path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Idle", "actions = 3, a number of choices, or low and high"),
        ("Changes", "of other shapes than reset"),
        ("Three", "whether the episode is over"),
        ("Breaks", r"worlds.py, line \d+: AttributeError"),
    ],
)
def test_an_environment_that_can_not_be(mine: Path, name: str, said: str) -> None:
    with pytest.raises(TicketError, match=said):
        task(name=f"worlds.py:{name}")


def test_actions_may_be_numbers(mine: Path) -> None:
    found = task(name="worlds.py:Pushed")
    assert (found.action_size, found.measured.low) == (2, (-1.0, -1.0))


@pytest.mark.parametrize("table", [{"name": "worlds.py:Walk"}, {"name": "gymnasium", "id": "./worlds.py:Walk"}])
def test_an_environment_of_gymnasiums_kind_is_stepped_by_workers(mine: Path, lab: Any, table: dict[str, Any]) -> None:
    given = {**table, "length": 3, "episodes": 2, "test_episodes": 2, "steps": 10, "workers": 1}
    spec = own(lab, task=given)
    assert spec.branches[0].plan.task.steps_in_processes
    with tx.Session.create(spec, lab.path()) as session:
        session.run_round()
        plan = session.view.branches["snr"].plan
        finished = session.view.branches["snr"].rounds[0].finished
    assert plan["task"]["id"] == "worlds.py:Walk"
    assert finished is not None
    assert all(0 <= score <= 3 for score in finished.score)


def test_a_foreign_id_imports_no_module(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mine / "evil_worlds.py").write_text("open('mark', 'w').close()\n")
    monkeypatch.syspath_prepend(str(mine))
    foreign = {"name": "gymnasium", "id": "evil_worlds:Evil-v0"}
    with pytest.raises(TicketError, match="imports the module evil_worlds"):
        parse_spec({"task": foreign, "network": "mlp", "pruner": "magnitude"}).branches[0].plan.task.taken_up()
    assert not (mine / "mark").exists()
    assert [code["source"] for code in codes_of({"task": foreign})] == ["import evil_worlds\n"]
    with pytest.raises(TicketError, match="Gymnasium can't make"):
        task(**foreign)  # named by oneself, it is imported
    assert (mine / "mark").exists()


def test_what_a_class_inherits_says_which_kind_it_is(mine: Path) -> None:
    assert task(name="worlds.py:LongWalk").steps_in_processes


def test_a_step_that_fails_in_a_worker_names_its_line(mine: Path, lab: Any, capsys: pytest.CaptureFixture[str]) -> None:
    spec = own(lab, task={"name": "worlds.py:Stumbles", "episodes": 1, "test_episodes": 1, "steps": 3, "workers": 1})
    with (
        tx.Session.create(spec, lab.path()) as session,
        pytest.raises(TicketError, match=r"The environment failed: worlds.py, line \d+: AttributeError: .*nope"),
    ):
        session.run()
    assert "Traceback" not in capsys.readouterr().err


def test_an_environment_that_ignores_its_seed_is_told_of(mine: Path) -> None:
    assert "begins two episodes of the same seed differently" in task(name="worlds.py:Careless").caution()
    assert task(name="worlds.py:Walk").caution() == ""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not its own child")
def test_a_worker_ends_with_the_process_that_started_it() -> None:
    """Even if an environment never returns, and so never sees that its input has ended."""
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        worker = os.pidfd_open(int(started.stdout.readline()))
        started.kill()
    ended, _, _ = select.select([worker], [], [], 20)
    os.close(worker)
    assert ended
