"""The app in a real terminal, with a real engine: a newcomer's first minutes, and what happens when processes die."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from benchmarks.pseudo_terminal import PseudoTerminal
from sessions.messages import commands, events
from sessions.serving.client import Client
from sessions.store import SessionDirectory
from sessions.store.lock import is_locked
from sessions.views.reading import read_view
from tests.engine.served import address

COMMAND = (sys.executable, "-c", "from widgets.cli import main; main()")
COLUMNS, ROWS = 120, 36


class Terminal:
    """A program on a pseudo-terminal, and what a person would see of it."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self._terminal = PseudoTerminal([*COMMAND, *arguments], COLUMNS, ROWS, TICKET_EXPLORER_HOME=str(home))
        self.process = self._terminal.process
        self.press, self.close = self._terminal.press, self._terminal.close
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def until(self, condition: Callable[[str], bool] | str, seconds: float = 60.0) -> None:
        limit = time.monotonic() + seconds
        holds = (lambda text: condition in text) if isinstance(condition, str) else condition
        while not holds(self.text):
            assert time.monotonic() < limit, f"it never showed {condition!r}:\n{self.text}"
            self._take(0.05)

    def until_session(self, path: Path, condition: Callable[[list[events.Event]], bool], seconds: float = 60.0) -> None:
        limit = time.monotonic() + seconds
        while not condition(read_view(path).history):
            assert time.monotonic() < limit, f"it never happened:\n{self.text}"
            self._take(0.05)

    def until_it_ends(self, seconds: float = 20.0) -> int:
        limit = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < limit, f"it never ended:\n{self.text}"
            self._take(0.05)
        return self.process.returncode

    def _take(self, seconds: float) -> None:
        taken = self._terminal.read(seconds)
        if taken is None:
            time.sleep(seconds)
        else:
            self._stream.feed(taken)


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(*arguments: str) -> Terminal:
        opened.append(Terminal(tmp_path, *arguments))
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()
    for path in (tmp_path / "sessions").glob("*.session"):
        asyncio.run(stop(path))


async def stop(path: Path) -> None:
    if is_locked(SessionDirectory(path).lock):
        async with Client(path, "test") as client:
            await client.ask(commands.Stop())
            async for _ in client.stream():
                pass


def of(kind: type[events.Event]) -> Callable[[list[events.Event]], bool]:
    return lambda history: any(isinstance(event, kind) for event in history)


def asked(path: Path) -> list[str]:
    """The commands in the journal that a terminal asked for."""
    history = read_view(path).history
    return [e.command["type"] for e in history if isinstance(e, events.CommandReceived) and e.client == "terminal"]


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_a_newcomers_first_minutes(terminals: Callable[..., Terminal], tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "fashion-1.session"
    app = terminals()
    app.until("No sessions yet")
    app.press("d")
    app.until("gen/s", 120)
    app.press(" ")
    app.until("paused")
    paused = read_view(path).generations_done
    app.press("s")
    app.until_session(path, lambda _: read_view(path).generations_done == paused + 1)
    app.press("p")
    app.until("Overlap with what snr would remove", 60)
    app.until("snr would remove 1,318 of 6,592 kept weights")
    app.press("\x1b[B")
    app.until("magnitude would remove 1,318")
    app.press("\r")
    app.until_session(path, of(events.PlanChanged))
    app.press("r")
    app.until_session(path, of(events.RoundFinished), 120)
    app.until("paused")
    app.press("b")
    app.until("snr-2")
    app.press("\r")
    app.until_session(path, lambda history: sum(isinstance(event, events.BranchAdded) for event in history) == 4)
    app.press("\x1b[D")
    app.until("looking at")
    app.press("\x1b[F")
    app.until(lambda text: "looking at" not in text)
    app.press(" ")
    app.until("running")
    app.press("q")
    app.until("What should happen to it?")
    app.press("\r")
    assert app.until_it_ends() == 0
    assert is_locked(SessionDirectory(path).lock)

    again = terminals("attach", "fashion-1")
    again.until("running")
    again.press(" ")
    again.until("paused")
    again.press("q")
    assert again.until_it_ends() == 0
    assert asked(path) == ["Pause", "Step", "SwitchPruner", "RunRounds", "Branch", "Resume", "Pause"]


def engine_of(path: Path) -> int:
    return address(path).pid


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_one_dies_and_the_other_lives(terminals: Callable[..., Terminal], tmp_path: Path) -> None:
    """The engine killed under the app: one key resumes. The app killed: the engine goes on."""
    path = tmp_path / "sessions" / "fashion-1.session"
    app = terminals()
    app.until("No sessions yet")
    app.press("d")
    app.until("gen/s", 120)
    os.kill(engine_of(path), signal.SIGKILL)
    app.until("Press space to start the engine again")
    before = read_view(path).generations_done
    app.press(" ")
    app.until(lambda text: "Press space to start" not in text and "● running" in text)
    app.until_session(path, lambda _: read_view(path).generations_done > before)

    app.process.kill()
    app.process.wait()
    now = read_view(path).generations_done
    again = terminals("open", str(path))
    again.until("running")
    again.until_session(path, lambda _: read_view(path).generations_done > now)
