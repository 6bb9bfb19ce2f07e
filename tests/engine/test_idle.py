"""An engine that only waits for somebody to come back gives its session to whoever wants it; others keep it."""

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sessions.messages.goal import Goal
from sessions.serving.client import Client
from sessions.serving.idle import end_idle
from sessions.serving.launch import launch
from sessions.store import SessionDirectory
from sessions.store.lock import is_locked
from tests.engine.served import Engine, connected, hello

pytestmark = pytest.mark.thorough

GOLDEN = Path(__file__).parent / "golden" / "schema_1"


def free(path: Path) -> bool:
    return asyncio.run(end_idle(path, "test"))


@pytest.fixture
def engine(lab: Any) -> Any:
    made = Engine(lab.create())
    yield made
    if made.thread.is_alive():
        made.stop()


def test_what_nobody_has_is_free(lab: Any) -> None:
    path = lab.create()
    path.close()
    assert free(path.path)


def test_an_idle_engine_ends(tmp_path: Path) -> None:
    path = Path(shutil.copytree(GOLDEN, tmp_path / "a.session"))
    asyncio.run(launch(path))
    assert is_locked(SessionDirectory(path).lock)
    began = time.monotonic()
    assert free(path)
    assert time.monotonic() - began < 10.0
    assert not is_locked(SessionDirectory(path).lock)


def test_a_watched_engine_stays(engine: Engine) -> None:
    viewer = connected(engine.session.path)
    viewer.sendall(hello(engine.session.path, "viewer"))
    viewer.recv(1)  # its welcome
    assert not free(engine.session.path)
    viewer.close()


def test_an_engine_that_computes_stays(engine: Engine) -> None:
    engine.driver._goal = Goal(to_the_end=True)
    assert not engine.driver.is_resting
    assert not free(engine.session.path)


def test_resume_takes_over_what_an_idle_engine_has(tmp_path: Path) -> None:
    """Who leaves the app and types `resume` doesn't wait for the engine to see that nobody watches."""
    path = Path(shutil.copytree(GOLDEN, tmp_path / "a.session"))
    asyncio.run(launch(path))

    async def look() -> None:
        async with Client(path, "terminal"):
            pass

    asyncio.run(look())
    resumed = subprocess.run(
        [sys.executable, "-m", "ticket_explorer", "resume", str(path)], capture_output=True, text=True, timeout=300
    )
    assert resumed.returncode == 0, resumed.stderr
