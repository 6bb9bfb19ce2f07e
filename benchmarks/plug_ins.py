"""`ticket-explorer --help` with three plug-ins installed against without: nobody's code is imported to list commands.

Each plug-in imports JAX, as a careless one does. Processor time, of processes that take turns.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure

FAMILIES = ("pruners", "networks", "trainers", "analyses")
PLUG_INS, REPEATS = 3, 25


def measure() -> list[Figure]:
    with TemporaryDirectory() as place:
        for number in range(PLUG_INS):
            _install(Path(place), f"plug_in_{number}")
        took: dict[str, list[float]] = {"": [], place: []}
        for turn in range(REPEATS + 1):
            for where in sorted(took, reverse=bool(turn % 2)):
                took[where].append(_help(where))
    ratio = median(took[place][1:]) / median(took[""][1:])
    name = f"--help with {PLUG_INS} plug-ins installed against without, processor time"
    return [Figure(name, ratio, 1.1, at_least=False)]


def _install(place: Path, name: str) -> None:
    """A distribution as pip leaves it, which adds to several families."""
    (place / f"{name}.py").write_text("import jax\n\nclass Mine: ...\n")
    info = place / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    points = (f"[ticket_explorer.{family}]\n{name} = {name}:Mine\n" for family in FAMILIES)
    (info / "entry_points.txt").write_text("".join(points))


def _help(where: str) -> float:
    """Seconds of processor time, in a process that also finds what is installed in a directory."""
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (where, os.environ.get("PYTHONPATH"))))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "ticket_explorer", "--help"]
    subprocess.run(command, env=surroundings, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
