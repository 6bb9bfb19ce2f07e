"""Processes that are started together, and killed at random: engines, the command line, and workers of environments."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from sessions.session.session import Session
from sessions.store.lock import is_locked
from sessions.store.session_dir import SessionDirectory
from sessions.views.reading import read_view
from tests.engine.test_kill import TABLES, is_finished, kill_again_and_again
from tests.siege.figures import count

pytestmark = [pytest.mark.siege, pytest.mark.timeout(4 * 3600)]

CART_POLE = {
    "task": {"name": "gymnasium", "id": "CartPole-v1", "episodes": 2, "test_episodes": 2, "steps": 40, "workers": 2},
    "network": {"name": "mlp", "hidden": [4], "activation": "tanh"},
    "trainer": {"generations": 300},
    "pruning": {"ratio": 0.3, "rounds": 2},
}
RUN = "from widgets.cli import main; main()"


def test_of_two_engines_that_start_at_once_one_has_the_session(lab: Any, engines: Any, whole: Path) -> None:
    times = 10
    for number in range(times):
        with lab.create(f"pair {number}") as session:
            path = session.path
        pair = [engines.start(path, "--run", "--linger", "0") for _ in range(2)]
        codes = sorted(engines.wait(process) for process in pair)
        said = Path(f"{path}.log").read_text()
        assert codes in ([0, 0], [0, 2]), said  # the second may come when the first has ended
        assert codes == [0, 0] or "is in use by process" in said
        assert not is_locked(SessionDirectory(path).lock)
        lab.assert_same(whole, path, rounds=3)
    count.add("pairs of engines started at once", times)


def test_an_engine_killed_hundreds_of_times_loses_nothing(lab: Any, engines: Any) -> None:
    kills, lost = 300, 0
    tables = {**TABLES, "trainer": {"generations": 4000}}
    expected = lab.finished(**tables)
    while lost < kills:
        path = lab.path(f"after {lost} kills")
        Session.create(lab.spec(**tables), path).close()
        seed = 1000 * count.seed + lost
        lost += len(kill_again_and_again(lab, engines, path, kills - lost, seed, growth=8000))
        lab.assert_same(expected, lab.go_on(path), rounds=3)
    count.add("engines killed by `kill -9`", lost)


def test_a_run_of_the_command_line_killed_again_and_again_loses_nothing(lab: Any) -> None:
    kills, tables = 20, {**TABLES, "trainer": {"generations": 4000}}
    expected, path = lab.finished(**tables), lab.path("killed")
    Session.create(lab.spec(**tables), path).close()
    draw, journal = np.random.default_rng(count.seed), SessionDirectory(path).journal
    for done in range(kills):
        target = journal.stat().st_size + int(draw.integers(1, 20_000))
        with subprocess.Popen([sys.executable, "-c", RUN, "resume", str(path)], stdout=subprocess.DEVNULL) as run:
            lab.until(lambda size=target, run=run: journal.stat().st_size >= size or run.poll() is not None)
            run.kill()
        assert run.returncode == -9 or (run.returncode == 0 and is_finished(path))
        lab.assert_whole(path)
        if is_finished(path):
            count.add("runs killed by `kill -9`", done + 1)
            break
    else:
        count.add("runs killed by `kill -9`", kills)
    lab.assert_same(expected, lab.go_on(path), rounds=3)


@pytest.mark.skipif(find_spec("gymnasium") is None, reason="gymnasium is not installed")
def test_workers_killed_at_random_change_no_bit(lab: Any, engines: Any) -> None:
    kills, draw = 20, np.random.default_rng(count.seed)
    expected, done = lab.finished("quiet", **CART_POLE), 0
    while done < kills:
        with lab.create(f"disturbed {done}", **CART_POLE) as session:
            path = session.path
        process = engines.start(path, "--run", "--linger", "0")
        killed = disturb(lab, path, process, draw, kills - done)
        assert engines.wait(process) == 0, Path(f"{path}.log").read_text()
        assert killed > 0
        done += killed
        lab.assert_same(expected, path, rounds=2)
    count.add("workers of environments killed by `kill -9`", done)


def disturb(lab: Any, path: Path, process: int, draw: np.random.Generator, kills: int) -> int:
    """Kill an engine's workers at random until the session is finished; returns how many were killed."""
    killed = 0
    while killed < kills:
        wanted = read_view(path).generations_done + int(draw.integers(1, 60))
        lab.until(lambda wanted=wanted: is_finished(path) or read_view(path).generations_done >= wanted)
        if is_finished(path):
            break
        killed += kill_one(process, draw)
    return killed


def workers_of(process: int) -> list[psutil.Process]:
    """The processes that step environments for an engine."""
    try:
        return [child for child in psutil.Process(process).children() if child.status() != psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:
        return []


def kill_one(process: int, draw: np.random.Generator) -> int:
    """Kill one of an engine's workers, if there is one; returns how many were killed."""
    there = workers_of(process)
    if not there:
        return 0
    try:
        there[int(draw.integers(len(there)))].kill()
    except psutil.NoSuchProcess:
        return 0
    return 1
