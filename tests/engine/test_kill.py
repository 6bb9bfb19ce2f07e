"""An engine's process is killed at random moments; nothing is lost, and no bit changes."""

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from sessions.messages import events
from sessions.reports.session_list import session_state
from sessions.session.session import Session
from sessions.store import SessionDirectory, read_records
from sessions.store.checkpoint import Checkpoint
from sessions.views.reading import decoded, read_view

pytestmark = pytest.mark.thorough

TABLES: dict[str, Any] = {
    "trainer": {"generations": 400},
    "pruning": {"ratio": 0.3, "rounds": 2},
    "branch": [{"name": "a"}, {"name": "b", "pruner": "random", "rewind": {"name": "early", "generation": 50}}],
}
PATIENCE = 600.0
"""Seconds in which a journal grows by the most that is waited for, on a machine that has much else to do."""


def lost_seconds(path: Path) -> float:
    """How much of the work of the killed process has to be done again, in seconds."""
    directory = SessionDirectory(path)
    running = read_view(path).running
    payload = directory.read_checkpoint()
    found = None if payload is None else msgspec.msgpack.decode(payload, type=Checkpoint)
    if running is None:
        return 0.0
    is_its = found is not None and (found.branch, found.round) == (running.branch, running.number)
    generation = found.generation if found is not None and is_its else 0
    assert generation <= running.done, "a checkpoint of what the journal does not know"
    lost, before = 0.0, None
    for event in decoded(read_records(directory.journal).payloads, directory.journal):
        if isinstance(event, events.Opened):
            lost, before = 0.0, None
        elif isinstance(event, events.Generations):
            if before is not None and event.first + event.count > generation and event.round == running.number:
                lost += event.at - before
            before = event.at
    return lost


def moments(seed: int, growth: int) -> Iterator[tuple[int, float]]:
    """How far the journal grows, in bytes, before the next kill, and how many seconds more it gets."""
    random = np.random.default_rng(seed)
    while True:
        grown = int(random.integers(1, growth)) if random.random() < 0.8 else 0
        yield grown, float(random.uniform(0, 0.05))


def kill_again_and_again(
    lab: Any, engines: Any, path: Path, kills: int, seed: int | None = None, growth: int = 120_000
) -> list[float]:
    """Start an engine, kill it, look at what is left; returns the seconds lost by each kill."""
    journal, lost = SessionDirectory(path).journal, []
    moment = moments(kills if seed is None else seed, growth)
    for _ in range(kills):
        grown, pause = next(moment)
        before = journal.stat().st_size
        process = engines.start(path, "--run")
        lab.until(lambda target=before + grown: journal.stat().st_size >= target or is_finished(path), PATIENCE)
        lab.until(iter([False] * int(pause * 1000) + [True]).__next__)
        assert engines.kill(process) == -9
        lab.assert_whole(path)
        assert session_state(path).state in ("stopped", "paused", "finished")
        lost.append(lost_seconds(path))
        if is_finished(path):
            break
    return lost


def is_finished(path: Path) -> bool:
    view = read_view(path)
    return view.state == "finished"


@pytest.mark.parametrize(
    ("kills", "generations"), [(2, 500), pytest.param(50, 4000, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])]
)
def test_killed_at_random_moments(lab: Any, engines: Any, kills: int, generations: int) -> None:
    tables = {**TABLES, "trainer": {"generations": generations}}
    expected = lab.finished(**tables)
    lost: list[float] = []
    while len(lost) < kills:
        path = lab.path(f"after {len(lost)} kills")
        Session.create(lab.spec(**tables), path).close()
        lost += kill_again_and_again(lab, engines, path, kills - len(lost))
        lab.assert_same(expected, lab.go_on(path), rounds=3)
    print(f"{len(lost)} kills, seconds lost: {sorted(lost)}")
    assert statistics.median(lost) < 1.0
