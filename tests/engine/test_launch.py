"""Engines that faces start, and journals that are played again."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from sessions.messages import commands, events
from sessions.serving.client import Client
from sessions.serving.launch import NewSession, launch
from sessions.serving.replay import Replay
from sessions.specs.spec import spec_table
from sessions.store import SessionDirectory
from sessions.store.lock import is_locked
from sessions.views.reading import read_view
from tests.folding import fold
from ticket_explorer.errors import TicketError


@pytest.mark.slow
def test_an_engine_is_made_joined_and_outlives_its_starter(lab: Any) -> None:
    async def make() -> None:
        await launch(lab.path(), run=False, new=NewSession(spec_table(lab.spec())))
        async with Client(lab.path(), "test") as client:
            await client.ask(commands.Resume())

    asyncio.run(make())
    lab.until(lambda: read_view(lab.path()).state == "finished")

    async def stop() -> None:
        async with Client(lab.path(), "test") as client:
            await client.ask(commands.Stop())

    asyncio.run(stop())
    lab.until(lambda: not is_locked(SessionDirectory(lab.path()).lock))


@pytest.mark.slow
def test_an_engine_that_nobody_watches_ends(lab: Any, engines: Any) -> None:
    """But not while it has something to compute."""
    with lab.create():
        pass
    began = time.monotonic()
    process = engines.start(lab.path(), "--run", "--linger", "0.5")
    assert engines.wait(process) == 0
    assert read_view(lab.path()).state == "finished"
    assert time.monotonic() - began < 60
    asked = [event for event in read_view(lab.path()).history if isinstance(event, events.CommandReceived)]
    assert [(event.client, event.command["type"]) for event in asked] == [("nobody watches", "Stop")]


def test_an_engine_computes_on_the_device_that_is_asked_for(lab: Any) -> None:
    with pytest.raises(TicketError, match=r"--device: gpu:7, expected cpu"):
        asyncio.run(launch(lab.path(), new=NewSession(spec_table(lab.spec())), device="gpu:7"))
    assert not lab.path().exists()


async def _played(replay: Replay) -> list[events.Event]:
    return [event async for event in replay.stream()]


def test_a_replay_is_the_journal(whole: Path) -> None:
    replay = Replay(whole, speed=1e9)
    view = fold(iter(asyncio.run(_played(replay))))
    known = read_view(whole)
    assert replay.progress == 1.0
    assert view.history == known.history
    assert view.generations_done == known.generations_done == 180


def test_a_held_replay_steps_by_generations(whole: Path) -> None:
    async def play() -> tuple[int, int, bool]:
        replay = Replay(whole, speed=1e9)
        replay.hold(True)
        taken = list(replay.take(60))
        counts = [event.count for event in taken if isinstance(event, events.Generations)]
        assert sum(counts[:-1]) < 60 <= sum(counts)
        waiting = asyncio.create_task(_played(replay))
        await asyncio.sleep(0.05)
        held = not waiting.done()
        replay.hold(False)
        return len(taken), len(await waiting), held

    taken, rest, held = asyncio.run(play())
    assert held
    whole_journal = asyncio.run(_played(Replay(whole, speed=1e9)))
    assert taken + rest == len(whole_journal)
