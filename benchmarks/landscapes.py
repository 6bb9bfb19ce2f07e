"""What analyses of the loss landscape cost, for the `fashion` preset's network and 1,000 test images.

Seconds of whole analyses, including journalling, once their executable is compiled; the rate at which they multiply,
relative to the machine's matrix product; and how much live curvature slows the engine down.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from benchmarks.figures import Figure, speed_ratio
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from ticket_explorer import presets

REPEATS = 5
IMAGES = 1000
ROUNDS = 18
EVERY = 50
ANALYSES: dict[str, tuple[str, float, int]] = {
    "curvature": ("curvature, 5 directions of 51 points, seconds", 0.5, 5 * 51),
    "surface": ("surface of 51 × 51 points, seconds", 4.0, 51 * 51),
    "connectivity": (
        "connectivity of all pairs of 18 rounds at 11 α, seconds",
        4.0,
        ROUNDS + 9 * ROUNDS * (ROUNDS - 1) // 2,
    ),
}


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as place:
        yield from _analyses(Path(place))
        yield _live(Path(place))


def _analyses(place: Path) -> Iterator[Figure]:
    with Session.create(_spec(generations=4, rounds=ROUNDS), place / "finished.session") as session:
        session.run()
        weights = session.view.branches["snr"].rounds[0].kept
        for kind, (name, target, points) in ANALYSES.items():
            session.analyse(kind, "snr")
            seconds = min(session.analyse(kind, "snr").seconds for _ in range(REPEATS))
            yield Figure(name, seconds, target, at_least=False, unit="s")
            share = _share_of_matrix_rate(session, kind, points * IMAGES * weights)
            yield Figure(f"{kind}, share of the machine's matrix rate", share, 0.5, at_least=True)


def _share_of_matrix_rate(session: Session, kind: str, products: int) -> float:
    """Multiplications per second of an analysis, relative to those of a 1024³ float32 matrix product."""
    side = 1024
    matrix, product = jax.random.normal(jax.random.key(2), (side, side)), jax.jit(lambda a, b: a @ b)
    ratio = speed_ratio(
        lambda: session.analyse(kind, "snr"), lambda: product(matrix, matrix).block_until_ready(), REPEATS
    )
    return ratio * products / side**3


def _live(place: Path) -> Figure:
    """Generations per second with curvature every 50 generations, relative to those without."""
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(REPEATS):
        for live in (turn % 2 == 0, turn % 2 == 1):
            every = {"curvature_every": EVERY} if live else {}
            spec = _spec(generations=10 * EVERY, rounds=1, analysis=every)
            with Session.create(spec, place / f"live-{turn}-{live}.session") as session:
                session.step(EVERY + 1)
                began = time.monotonic()
                session.run()
                seconds[live].append(time.monotonic() - began)
    speed = float(np.median(seconds[False]) / np.median(seconds[True]))
    return Figure("speed of the engine with live curvature every 50 generations", speed, 0.9, at_least=True)


def _spec(generations: int, rounds: int, analysis: dict[str, Any] | None = None) -> Any:
    table = presets.load("fashion")
    table["branch"] = [branch for branch in table["branch"] if branch["name"] == "snr"]
    table["trainer"]["generations"], table["pruning"]["rounds"] = generations, rounds
    return parse_spec({**table, "analysis": analysis or {}})
