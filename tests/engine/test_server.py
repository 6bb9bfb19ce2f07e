"""An engine as a process of its own: served, attached to, stopped, and never two for one session."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sessions.messages import commands
from sessions.messages.goal import Goal
from sessions.serving.client import Client
from sessions.serving.driver import Driver
from sessions.serving.reaching import NotRunning
from sessions.session.session import Session
from sessions.store import SessionDirectory
from sessions.store.errors import NotASession
from sessions.store.lock import is_locked
from sessions.views.reading import read_view

pytestmark = pytest.mark.thorough


def listens(path: Path) -> bool:
    log = Path(f"{path}.log")
    return log.exists() and f"listening {path}" in log.read_text()


async def drive(path: Path, *asked: commands.Command, until: str) -> None:
    async with Client(path, "test", live_frames=False) as client:
        for command in asked:
            await client.ask(command)
        while client.view.state != until:
            await anext(client.stream())


def test_through_the_server(lab: Any, engines: Any, whole: Path) -> None:
    lab.create().close()
    path = lab.path()
    process = engines.start(path)
    lab.until(lambda: listens(path))
    asyncio.run(drive(path, commands.Step(generations=7), commands.Resume(), until="finished"))

    assert engines.wait(engines.start(path)) == 2
    refused = Path(f"{path}.log").read_text().rpartition("is in use by")[2]
    assert refused.startswith(f" process {process} on ")
    assert "`ticket-explorer attach " in refused
    assert refused.count("\n") == 1

    asyncio.run(stop(path))
    assert engines.wait(process) == 0
    assert not SessionDirectory(path).address.exists()
    assert not is_locked(SessionDirectory(path).lock)
    lab.assert_same(whole, path, rounds=3)


async def stop(path: Path) -> None:
    async with Client(path, "test") as client:
        await client.ask(commands.Stop())
        async for _ in client.stream():
            pass
        assert client.farewell == "The engine was stopped."


def test_a_signal_stops_in_order(lab: Any, engines: Any) -> None:
    """The running chunk comes in, the checkpoint is written, the pause is journalled, nothing is computed twice."""
    with lab.create(trainer={"generations": 200_000}) as session:
        path = session.path
    process = engines.start(path, "--run")
    journal = SessionDirectory(path).journal
    before = journal.stat().st_size
    lab.until(lambda: journal.stat().st_size > before + 5000)
    os.kill(process, signal.SIGTERM)
    assert engines.wait(process) == 0
    view = read_view(path)
    assert (view.state, view.commands[-1].client) == ("paused", "SIGTERM")
    lab.assert_whole(path)
    with Session.open(path) as session:
        known = session.view.generations_done
        session.pulse(1)
        assert session._engine.running is not None
        assert session._engine.running.collected == known + 1


@pytest.mark.slow
def test_attach_to_a_headless_run(lab: Any) -> None:
    """`run` listens too: another process watches it and pauses it."""
    path = lab.path()
    spec = lab.place / "spec.toml"
    spec.write_text(
        '[task]\nname = "fashion"\nbatch = 64\n[network]\nname = "mlp"\nhidden = [8]\n'
        "[trainer]\nname = 'evolution'\npopulation = 8\ngenerations = 200000\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", "from widgets.cli import main; main()", "run", str(spec), "--session", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lab.until(lambda: run.poll() is not None or asyncio.run(is_served(path)))
        assert run.poll() is None, run.stderr and run.stderr.read()
        asyncio.run(watch(path))
        run.communicate(timeout=60)
    finally:
        run.kill()
        run.communicate()
    assert read_view(path).generations_done > 0
    lab.assert_whole(path)


async def is_served(path: Path) -> bool:
    try:
        async with Client(path, "test", live_frames=False):
            return True
    except (NotASession, NotRunning):
        return False


async def watch(path: Path) -> None:
    async with Client(path, "watcher") as client:
        while client.view.generations_done < 10:
            await anext(client.stream())
        await client.ask(commands.Stop())
        async for _ in client.stream():
            pass
        assert client.view.state == "paused"


def test_not_a_session(lab: Any, engines: Any) -> None:
    assert engines.wait(engines.start(lab.place)) == 2
    said = Path(f"{lab.place}.log").read_text()
    assert said == f"refused {lab.place} is a directory without a session.msgpack, so it is not a session.\n"


def test_goal_of_rounds_and_generations(lab: Any) -> None:
    """A driver that has nothing left to run ends; commands that wait are taken first."""
    with lab.create() as session:
        replies: list[Any] = []
        driver = Driver(session, Goal(rounds=1))
        driver.ask(commands.Note(text="first"), "test", lambda *reply: replies.append(reply))
        driver.run(stay=False)
        assert [session.view.branches["snr"].next_round, session.view.state] == [1, "paused"]
        assert replies == [({}, None)]
        Driver(session, Goal(generations=7)).run(stay=False)
        assert session.view.generations_done == 67
        Driver(session, Goal(to_the_end=True)).run(stay=False)
        assert session.is_finished
