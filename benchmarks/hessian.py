"""What the analysis `hessian` costs, for the `fashion` preset's network and 1,000 test images, and for LeNet-300-100.

Seconds of whole analyses, including journalling, once their executable is compiled; how much live analyses slow the
engine down; and the memory of an engine that analyses a larger network.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import Figure
from sessions.session.session import Session
from sessions.specs.spec import Spec, parse_spec
from ticket_explorer import presets

REPEATS = 5
EVERY = 50
MEMORY = "memory"
"""The argument that makes this module measure its own memory."""


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as place:
        yield from _analyses(Path(place))
        yield _live(Path(place))
    peak = subprocess.run(
        [sys.executable, "-m", "benchmarks.hessian", MEMORY], capture_output=True, text=True, check=True
    )
    yield Figure("peak memory, Hessian of LeNet-300-100", float(peak.stdout), 1.2, at_least=False, unit="GB")


def _analyses(place: Path) -> Iterator[Figure]:
    with Session.create(_spec(generations=4), place / "finished.session") as session:
        session.run()
        for name, parameters in (
            ("diagonal by 32 vectors, 1,000 images, seconds", {"vectors": 32, "steps": 0, "eigenvalues": 0}),
            ("20 steps of Lanczos's method, seconds", {"vectors": 1, "steps": 20}),
        ):
            session.analyse("hessian", "snr", parameters=parameters)
            seconds = min(session.analyse("hessian", "snr", parameters=parameters).seconds for _ in range(REPEATS))
            yield Figure(name, seconds, 1.0, at_least=False, unit="s")


def _live(place: Path) -> Figure:
    """Generations per second of processor time with an analysis every 50 generations, relative to those without.

    Training keeps all cores busy, so this is how much analyses slow it down; other work on the machine doesn't count.
    """
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(REPEATS):
        for live in (turn % 2 == 0, turn % 2 == 1):
            spec = _spec(generations=10 * EVERY, analysis={"hessian_every": EVERY} if live else {})
            with Session.create(spec, place / f"live-{turn}-{live}.session") as session:
                session.step(EVERY + 1)
                while session.is_analysing:  # until its executable is compiled
                    session.work_on_analyses()
                began = time.process_time()
                session.run()
                seconds[live].append(time.process_time() - began)
    speed = float(np.median(seconds[False]) / np.median(seconds[True]))
    return Figure("speed of the engine with the Hessian live every 50 generations", speed, 0.9, at_least=True)


def _memory() -> float:
    """The peak memory in GB of a process that trains LeNet-300-100 on the embedded images and analyses it."""
    spec = _spec(generations=4, network={"name": "lenet_300_100"}, task={"name": "fashion", "pool": 1})
    with tempfile.TemporaryDirectory() as place, Session.create(spec, Path(place) / "large.session") as session:
        session.run()
        session.analyse("hessian", "snr")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _spec(generations: int, **changes: Any) -> Spec:
    table = presets.load("fashion")
    table["branch"] = [branch for branch in table["branch"] if branch["name"] == "snr"]
    table["trainer"]["generations"], table["pruning"]["rounds"] = generations, 1
    return parse_spec({**table, **changes})


if __name__ == "__main__" and sys.argv[1:] == [MEMORY]:
    print(_memory())
