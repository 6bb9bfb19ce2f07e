"""A broadcast to fifty browsers: what it costs the engine and itself, and whether all of them see the last round.

An engine trains, and a server shows its session to fifty clients that only read. In turn the server is suspended and
goes on; the engine's generations are counted against its own processor time, so that other programs on the machine
matter little. The short form takes two minutes on two free cores, `TICKET_EXPLORER_BENCHMARK_ROUNDS=18` more than five.
"""

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import aiohttp

from benchmarks.figures import Figure
from sessions.views.reading import read_view
from ticket_explorer.child_process import python
from widgets.broadcast.news import unpacked_news

CLIENTS = 50
WINDOW = 8.0
"""Seconds with the server, and without it, in turn."""
CODE = "benchmark"
ROUNDS = "TICKET_EXPLORER_BENCHMARK_ROUNDS"
"""Rounds of each of the three branches; 6 without it."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Side:
    """What happened in the windows of one kind."""

    rates: list[float] = field(default_factory=list)
    """Generations a second of the engine's processor time, window by window."""
    seconds: float = 0.0
    server: float = 0.0
    """Seconds of the server's processor time."""


@dataclass
class Seen:
    """What one client has got."""

    messages: int = 0
    last: bytes = b""


def measure() -> list[Figure]:
    with TemporaryDirectory() as place:
        session = Path(place) / "fashion.session"
        rounds = os.environ.get(ROUNDS, "6")
        with process("run", "fashion", "--rounds", rounds, "--session", str(session)) as engine:
            while not session.exists() or read_view(session).generations_done < 20:
                assert engine.poll() is None, "the engine has ended"
                time.sleep(0.5)
            with_it, without, seen = asyncio.run(_watched(session, engine))
        news, _ = unpacked_news(seen[0].last)
        count = min(sum(one.score is not None for one in branch.rounds) for branch in news.branches)
    print(
        f"broadcast: {len(with_it.rates)} pairs of windows, {count} rounds, {seen[0].messages} messages to each client"
    )
    ratios = [a / b for a, b in zip(with_it.rates, without.rates, strict=False)]
    noise = [a / b for a, b in pairwise(without.rates)]
    for name, found in (("with against without", ratios), ("without against without", noise)):
        print(f"broadcast: {name}, quartiles of pairs: {', '.join(f'{one:.3f}' for one in quantiles(found))}")
    told = sum(one.last == seen[0].last for one in seen) if count == int(rounds) else 0
    return [
        Figure("clients that saw the last round", told, CLIENTS, at_least=True, unit=f"of {CLIENTS}"),
        Figure("engine speed with a broadcast against without", median(ratios), 0.97, at_least=True),
        Figure("the server's share of a core", 100 * with_it.server / with_it.seconds, 15, at_least=False, unit="%"),
    ]


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs while the context lasts."""
    running = subprocess.Popen(
        python("ticket_explorer", *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGCONT)
        running.terminate()
        running.wait(30)


async def _watched(session: Path, engine: "subprocess.Popen[bytes]") -> tuple[Side, Side, list[Seen]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with_it, without, seen = Side(), Side(), [Seen() for _ in range(CLIENTS)]
    with process("broadcast", str(session), "--port", str(port), "--code", CODE) as server:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
            watching = [asyncio.create_task(_watch(client, port, one)) for one in seen]
            while not all(one.messages for one in seen):
                await asyncio.sleep(0.2)
            while engine.poll() is None:
                await _window(with_it, engine, server, session)
                server.send_signal(signal.SIGSTOP)
                await _window(without, engine, server, session)
                server.send_signal(signal.SIGCONT)
            began = time.monotonic()
            while time.monotonic() - began < 240 and not _is_finished(seen):
                await asyncio.sleep(1.0)
            print(f"broadcast: all had the last round {time.monotonic() - began:.0f} s after the engine's end, at most")
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
    return with_it, without, seen


def _is_finished(seen: list[Seen]) -> bool:
    """Whether all have the same last message, which says that the session is finished."""
    return len({one.last for one in seen}) == 1 and unpacked_news(seen[0].last)[0].standing == "Finished"


async def _watch(client: aiohttp.ClientSession, port: int, seen: Seen) -> None:
    """Join as soon as the server is there, and read."""
    while True:
        try:
            connected = await client.ws_connect(f"http://127.0.0.1:{port}/live", max_msg_size=0)
            break
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.5)
    await connected.send_json({"join": CODE})
    async for told in connected:
        if told.type is aiohttp.WSMsgType.BINARY:
            seen.messages, seen.last = seen.messages + 1, told.data


async def _window(side: Side, engine: "subprocess.Popen[bytes]", server: "subprocess.Popen[bytes]", path: Path) -> None:
    if engine.poll() is not None:
        return
    done, busy, served, began = _done(path), _busy(engine.pid), _busy(server.pid), time.monotonic()
    await asyncio.sleep(WINDOW)
    if engine.poll() is not None:
        return
    taken = _busy(engine.pid) - busy
    side.rates.append((_done(path) - done) / taken)
    side.server += _busy(server.pid) - served
    side.seconds += time.monotonic() - began


def _done(session: Path) -> int:
    return read_view(session).generations_done


def _busy(process: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
