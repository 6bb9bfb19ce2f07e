"""Charts: how long one takes to be drawn with fifty branches, and what panels that ask the engine cost it."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.figures import Figure
from benchmarks.terminal import _dense
from sessions.messages import commands
from sessions.reports.overlay import Series
from sessions.serving.client import Client
from sessions.serving.launch import NewSession, launch
from sessions.specs.spec import parse_spec, spec_table
from widgets.plots.figures.compare import compare
from widgets.plots.lens import Lens, through
from widgets.plots.policy.gallery import AGAIN
from widgets.plots.raster import draw

BRANCHES, ROUNDS, REPLICATES = 50, 20, 5
WIDTH, HEIGHT = 160, 48
TURNS, LENGTH = 6, 8.0


def measure() -> list[Figure]:
    return [*_redraws(), asyncio.run(_examples())]


def _series() -> list[Series]:
    random = np.random.default_rng(0)
    return [
        Series(
            f"session-{number // 5}:branch-{number}",
            f"branch-{number}",
            (number // 5, 0, "", ""),
            {0.8**t: tuple(random.uniform(0.2, 0.9, REPLICATES)) for t in range(ROUNDS)},
        )
        for number in range(BRANCHES)
    ]


def _redraws() -> list[Figure]:
    series = _series()
    figure = compare(series)
    zoomed = Lens(x=(0.05, 0.5), y=(0.3, 0.6))
    drawn = _median(lambda: draw(figure, WIDTH, HEIGHT, 0.2))
    near = _median(lambda: draw(through(figure, zoomed), WIDTH, HEIGHT))
    whole = _median(lambda: draw(compare(series), WIDTH, HEIGHT))
    names = ("redraw of 50 branches", "redraw of 50 branches, zoomed", "50 branches from scores to cells")
    return [
        Figure(name, 1000 * value, 30.0, at_least=False, unit="ms")
        for name, value in zip(names, (drawn, near, whole), strict=True)
    ]


def _median(work: Callable[[], object], repeats: int = 30) -> float:
    """Seconds of processor time, which other programs on the machine don't add to."""
    took = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return median(took)


async def _examples() -> Figure:
    """The engine's speed while somebody looks at examples, relative to that while nobody does, in turn."""
    with TemporaryDirectory() as place:
        path = Path(place) / "dense.session"
        await launch(path, run=True, new=NewSession(spec_table(parse_spec(_dense()))))
        async with Client(path, "benchmark") as client:
            while client.view.generations_done == 0:
                await asyncio.sleep(0.05)
            await _asked(client, 10.0)  # compiles
            ratios = []
            for _ in range(TURNS):
                alone = await _rate(client, asyncio.sleep(LENGTH))
                ratios.append(await _rate(client, _asked(client, LENGTH)) / alone)
            await client.ask(commands.Stop())
    return Figure("speed of the engine while Examples is seen", median(ratios), 0.97, at_least=True)


async def _asked(client: Client, length: float) -> None:
    """Ask as often as the panel does."""
    end = time.monotonic() + length
    while time.monotonic() < end:
        await client.ask(commands.Examples(branch="snr"))
        await asyncio.sleep(AGAIN)


async def _rate(client: Client, wait: object) -> float:
    """Generations per second while something is awaited."""
    before, began = client.view.generations_done, time.perf_counter()
    await wait  # type: ignore[misc]
    return (client.view.generations_done - before) / (time.perf_counter() - began)
