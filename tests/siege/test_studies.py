"""Studies whose processes are killed at random: a worker, the run with its scheduler, a scheduler apart, or all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from sessions.studies.study import Study
from tests.engine.test_study_workers import (
    ROOT,
    TABLES,
    assert_as_undisturbed,
    is_alive,
    running,
    surroundings,
    undisturbed,
    worker_at_work,
)
from tests.siege.figures import count

pytest.importorskip("distributed")
pytestmark = [pytest.mark.siege, pytest.mark.timeout(4 * 3600)]
__all__ = ["undisturbed"]

KILLS = 30
SCHEDULER = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
WORKER = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", "--scheduler-file")


def test_a_study_whose_processes_are_killed_at_random_changes_no_bit(lab: Any, undisturbed: Path) -> None:
    draw, killed, study = np.random.default_rng(count.seed), 0, None
    while killed < KILLS or study is not None:
        if study is None:
            study = Study.create(TABLES, lab.place / f"after {killed} kills.study")
        attempt = draw.choice([of_its_own, on_a_cluster])
        killed += attempt(lab, study, draw, killed < KILLS)
        study.reread()
        assert not study.view.failed
        if all(cell.is_finished for cell in study.cells):
            assert_as_undisturbed(lab, study, undisturbed)
            study = None
    count.add("processes of studies killed by `kill -9`", killed)


def of_its_own(lab: Any, study: Study, draw: np.random.Generator, is_disturbed: bool) -> int:
    """Run a study with workers of its own; kill one of them, then the run, or everything at once."""
    with running(study.path) as run:
        if not is_disturbed:
            assert run.wait() == 0
            return 0
        ends: list[Callable[[int], None]] = [lambda pid: os.kill(pid, signal.SIGKILL), _kill_all]
        done = _kill_a_worker(lab, study, run, draw)
        done += _kill(run, run.pid, draw, ends[int(draw.integers(2))])
    lab.until(lambda: not is_alive(run.pid))
    return done


def on_a_cluster(lab: Any, study: Study, draw: np.random.Generator, is_disturbed: bool) -> int:
    """Run a study on a cluster; kill a worker, then the scheduler or the run."""
    with ExitStack() as stack:
        file = study.path.parent / f"scheduler {time.monotonic_ns()}.json"
        head = stack.enter_context(_process(*SCHEDULER, "--scheduler-file", str(file)))
        lab.until(file.exists, seconds=120)
        for _ in range(2):
            stack.enter_context(_process(*WORKER, str(file)))
        run = stack.enter_context(
            _process("ticket_explorer", "study", "run", str(study.path), "--scheduler", str(file))
        )
        if not is_disturbed:
            assert run.wait() == 0
            return 0
        done = _kill_a_worker(lab, study, run, draw)
        return done + _kill(run, int(draw.choice([head.pid, run.pid])), draw, lambda pid: os.kill(pid, signal.SIGKILL))


def _kill_a_worker(lab: Any, study: Study, run: subprocess.Popen[Any], draw: np.random.Generator) -> int:
    """Kill a worker that computes, unless the run ends before."""
    try:
        worker = worker_at_work(lab, study, run)
    except AssertionError:
        assert run.returncode == 0, run.returncode
        return 0
    return _kill(run, worker, draw, lambda pid: os.kill(pid, signal.SIGKILL))


def _kill(run: subprocess.Popen[Any], victim: int, draw: np.random.Generator, how: Callable[[int], None]) -> int:
    """Kill a process at a random moment of the next seconds; how many were."""
    with suppress(subprocess.TimeoutExpired):
        run.wait(draw.uniform(0, 6))
        return 0
    if not psutil.pid_exists(victim):
        return 0
    how(victim)
    return 1


def _kill_all(run: int) -> None:
    os.killpg(run, signal.SIGKILL)


@contextmanager
def _process(*command: str) -> Iterator[subprocess.Popen[Any]]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    whole = [sys.executable, "-m", *command]
    with subprocess.Popen(whole, env=surroundings(), cwd=ROOT, start_new_session=True, **quiet) as started:
        try:
            yield started
        finally:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
