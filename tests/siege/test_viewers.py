"""Fifty viewers at once, ten of which never read: an engine's memory stays flat, and whoever reads sees everything."""

import asyncio
import re
import select
import socket
import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sessions.serving.client import Client
from sessions.store import SessionDirectory
from sessions.store.address import read_address
from tests.engine.served import mute
from tests.siege.figures import count

READING, MUTE = 40, 10
PERIOD = 0.25
"""Seconds between two samples of the engine's memory."""


def resident(process: int) -> float:
    """MB of memory that a process has now."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


class Mutes:
    """Clients that never read; one that the engine lets go comes again."""

    def __init__(self, session: Path, closing: ExitStack) -> None:
        self._session, self._closing = session, closing
        self.there = [closing.enter_context(mute(session)) for _ in range(MUTE)]
        self.let_go = 0

    def look(self) -> None:
        for number, one in enumerate(self.there):
            if has_hung_up(one):
                one.close()
                self.there[number] = self._closing.enter_context(mute(self._session))
                self.let_go += 1


def has_hung_up(one: socket.socket) -> bool:
    """Whether the other side is gone; nothing is read."""
    watched = select.poll()
    watched.register(one, select.POLLHUP | select.POLLERR)
    return bool(watched.poll(0))


def is_listening(session: Path) -> bool:
    """Whether an engine can be reached."""
    there = read_address(SessionDirectory(session).address)
    return there is not None and there.place != ""


async def look_on(session: Path, process: int, seconds: float) -> tuple[list[float], int]:
    """Watch for so long; the engine's memory at even times, and how many mute clients it let go."""
    memory: list[float] = []
    with ExitStack() as closing:
        mutes = Mutes(session, closing)
        clients = [Client(session, f"viewer {number}") for number in range(READING)]
        for client in clients:
            await client.__aenter__()
        reading = [asyncio.create_task(read(client)) for client in clients]
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            await asyncio.sleep(PERIOD)
            mutes.look()
            memory.append(resident(process))
        done = max(client.view.generations_done for client in clients)
        async with asyncio.timeout(30):
            while any(client.view.generations_done < done for client in clients):
                await asyncio.sleep(0.05)
        assert all(not task.done() for task in reading), "a viewer lost its engine"
        for task, client in zip(reading, clients, strict=True):
            task.cancel()
            await client.__aexit__(None, None, None)
        return memory, mutes.let_go


async def read(client: Client) -> None:
    async for _ in client.stream():
        pass


@pytest.mark.parametrize(
    "minutes",
    [pytest.param(0.5, marks=pytest.mark.slow), pytest.param(20, marks=[pytest.mark.siege, pytest.mark.timeout(1800)])],
)
def test_fifty_viewers_cost_no_memory(lab: Any, engines: Any, minutes: float) -> None:
    with lab.create(trainer={"generations": 1_000_000}) as session:
        path = session.path
    process = engines.start(path, "--run")
    lab.until(lambda: is_listening(path))
    memory, let_go = asyncio.run(look_on(path, process, minutes * 60))
    third = len(memory) // 3
    early, late = statistics.median(memory[third : 2 * third]), statistics.median(memory[2 * third :])
    print(f"{minutes} minutes: {early:.0f} MB, then {late:.0f} MB; {let_go} mute clients were let go")
    assert late <= 1.03 * early
    lab.assert_whole(path)
    count.add("minutes of fifty viewers, ten of them mute", int(minutes))
