"""The terminal app, driven in a pseudo-terminal while an engine trains on all cores."""

import asyncio
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from benchmarks.figures import Figure
from benchmarks.first_view import write
from benchmarks.pseudo_terminal import PseudoTerminal
from sessions.messages import commands, events
from sessions.serving.client import Client
from sessions.serving.launch import NewSession, launch
from sessions.specs.spec import parse_spec, spec_table
from sessions.views.reading import read_view
from ticket_explorer import presets

APP = (sys.executable, "-c", "from widgets.cli import main; main()")
BARE = """
from textual.app import App
from textual.widgets import DataTable, Footer, Header, Tree

class Bare(App):
    BINDINGS = [("q", "quit", "Quit")]
    def compose(self):
        yield Header()
        yield Tree("painted")
        yield DataTable()
        yield Footer()

Bare().run()
"""
STARTS, KEYS, PAUSES, TURNS = 9, 300, 12, 5
SIX = (200, 56)
"""Columns and rows from which on the app shows six panels by itself."""


def measure() -> list[Figure]:
    with TemporaryDirectory() as place:
        home = Path(place)
        path = home / "sessions" / "dense.session"
        asyncio.run(launch(path, run=True, new=NewSession(spec_table(parse_spec(_dense())))))
        figures = [_first_paint(home)]
        with _opened(path, home) as app:
            figures += _repaints(app)
            figures += [_pauses(app, path), _processor(app, "four")]
        with _opened(path, home, SIX) as app:
            figures += [_processor(app, "six")]
        figures += [_engine_speed(path, home)]
        asyncio.run(_ask(path, commands.Stop()))
        return [*figures, _memory(home)]


def _dense() -> dict[str, Any]:
    """A spec with one round that doesn't end, so that speeds can be compared."""
    table = presets.load("fashion")
    return {
        **table,
        "branch": [{"name": "snr"}],
        "trainer": table["trainer"] | {"generations": 10_000_000},
    }


def _opened(path: Path, home: Path, size: tuple[int, int] = (120, 36)) -> PseudoTerminal:
    """Open a session in the app, and wait until its charts are live."""
    app = PseudoTerminal([*APP, "open", str(path)], *size, TICKET_EXPLORER_HOME=str(home))
    app.until(b"gen/s", since_now=False)
    app.drain(3.0)
    return app


def _first_paint(home: Path) -> Figure:
    def paint(command: tuple[str, ...], sign: bytes) -> float:
        with PseudoTerminal(command, TICKET_EXPLORER_HOME=str(home / "empty")) as app:
            return app.until(sign, since_now=False) - app.started

    ratios = [
        paint(APP, b"reading your sessions|No sessions yet") / paint((sys.executable, "-c", BARE), b"painted")
        for _ in range(STARTS)
    ]
    return Figure("process start to first paint against a bare Textual app", median(ratios), 1.6, at_least=False)


def _repaints(app: PseudoTerminal) -> list[Figure]:
    took = []
    for _ in range(KEYS):
        pressed = app.press("\x1b[D")
        took.append(app.until(b"looking at") - pressed)
        app.press("\x1b[F")
        app.drain(0.35)
    cuts = quantiles([1000 * seconds for seconds in took], n=100)
    return [
        Figure("key to repaint, p50", cuts[49], 20.0, at_least=False, unit="ms"),
        Figure("key to repaint, p99", cuts[98], 60.0, at_least=False, unit="ms"),
    ]


def _pauses(app: PseudoTerminal, path: Path) -> Figure:
    took = []
    for _ in range(PAUSES):
        pressed = time.time()
        app.press(" ")
        app.until(b"paused")
        paused = [event for event in read_view(path).history if isinstance(event, events.Paused)]
        took.append(paused[-1].at - pressed)
        app.press(" ")
        app.until(b"running")
        app.drain(1.0)
    return Figure("pause key to a paused engine, longest", max(took), 0.3, at_least=False, unit="s")


def _processor(app: PseudoTerminal, panels: str) -> Figure:
    process = psutil.Process(app.process.pid)
    before, began = process.cpu_times(), time.perf_counter()
    app.drain(20.0)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    share = 100 * used / (time.perf_counter() - began)
    return Figure(
        f"processor time of the app with {panels} live panels", share, 12.0, at_least=False, unit="% of a core"
    )


def _engine_speed(path: Path, home: Path) -> Figure:
    """Generations per second with the app attached, relative to those without, measured in turn."""
    ratios = []
    for _ in range(TURNS):
        alone = _rate(path, lambda: time.sleep(6.0))
        with _opened(path, home) as app:
            watched = _rate(path, lambda: app.drain(6.0))
        ratios.append(watched / alone)
    return Figure("speed of the engine with the app attached against without", median(ratios), 0.95, at_least=True)


def _rate(path: Path, wait: Any) -> float:
    before, began = read_view(path).generations_done, time.perf_counter()
    wait()
    return (read_view(path).generations_done - before) / (time.perf_counter() - began)


def _memory(home: Path) -> Figure:
    path = home / "sessions" / "hour.session"
    write(path, rounds=50)
    with PseudoTerminal([*APP, "replay", str(path), "--speed", "1e9"], TICKET_EXPLORER_HOME=str(home)) as app:
        app.until(b"replayed", since_now=False, seconds=120)
        app.drain(2.0)
        used = psutil.Process(app.process.pid).memory_info().rss / 1e6
    return Figure("memory of the app with 200,000 generations", used, 200.0, at_least=False, unit="MB")


async def _ask(path: Path, command: commands.Command) -> None:
    async with Client(path, "benchmark") as client:
        await client.ask(command)
