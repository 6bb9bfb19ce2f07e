"""Studies: what they cost beside the sessions that they run.

Twelve small cells on two local workers against the same sessions run by a shell loop over two processes; the processor
time that Dask and the study add to a piece of work, with an engine that sleeps; and a large study's table and screen.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import psutil

from benchmarks import sleeping_engine
from benchmarks.figures import Figure
from benchmarks.pseudo_terminal import PseudoTerminal
from sessions.studies.local_crew import local_crew
from sessions.studies.records import Worked
from sessions.studies.study import Study
from sessions.studies.study_run import StudyRun

SMALL = {
    "preset": "fashion",
    "network": {"name": "mlp", "hidden": [16]},
    "trainer": {"name": "evolution", "population": 32, "generations": 300},
    "pruning": {"ratio": 0.4, "rounds": 4},
    "seeds": 12,
}
CELLS = 1000
WORKERS, LONG = 4, 30.0
"""Workers whose engine sleeps, and seconds that they work."""
LOOP = """
import sys
from sessions.studies.study import Study
for cell in Study.open(sys.argv[1]).cells[int(sys.argv[2])::2]:
    print(cell.name, cell.seed)
"""


def measure() -> Iterator[Figure]:
    """The figures, the dear ones last."""
    with TemporaryDirectory() as place:
        yield from shown(Path(place))
        yield from added(Path(place))
        ratio = median(against_a_loop(Path(place) / str(number)) for number in range(3))
    yield Figure("12 cells on 2 workers / a shell loop over 2 processes", ratio, 1.05, at_least=False, unit="×")


def shown(place: Path) -> Iterator[Figure]:
    """`study show` and the app's first screen of a study whose cells are all finished."""
    study = Study.create({"preset": "fashion", "seeds": CELLS}, place / "large.study")
    records = []
    for cell in study.cells:
        cell.path.mkdir()
        (cell.path / "journal.msgpack").write_bytes(b"journal")
        done: dict[str, Any] = {
            "rounds_done": 52,
            "rounds_planned": 52,
            "density": 0.023,
            "score": 0.7,
            "state": "finished",
        }
        where: dict[str, Any] = {"run": "1", "machine": "here", "pid": 1, "device": "cpu"}
        counts: dict[str, Any] = {
            "generations": 10_400,
            "left": 0,
            "journal_bytes": 7,
            "began": 0.0,
            "seconds": 60.0,
            "curve": [0.7] * 18,
        }
        records.append(Worked(at=0.0, cell=cell.name, **where, **counts, **done))
    study.record(*records)
    times, peaks = zip(*(_show(study.path) for _ in range(5)), strict=True)
    yield Figure(
        f"study show of {CELLS:,} finished cells, processor time", median(times), 1.0, at_least=False, unit="s"
    )
    yield Figure("its memory, process and all", max(peaks), 300, at_least=False, unit="MB")
    took, peaks = zip(*(_first_screen(study.path) for _ in range(7)), strict=True)
    yield Figure("its first screen in the app, process and all", median(took), 1.0, at_least=False, unit="s")
    yield Figure("its memory", max(peaks), 300, at_least=False, unit="MB")


def added(place: Path) -> Iterator[Figure]:
    """What Dask and the study cost beside pieces of work, with an engine that sleeps."""
    study = Study.create({"preset": "fashion", "seeds": CELLS}, place / "simulated.study")
    told, until = [0], [float("inf")]

    def tell(progress: Any) -> None:
        told[0] += progress.answer is not None

    with sleeping(), local_crew(study.path, WORKERS, 1) as crew:
        processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
        before, at = processor_time(processes), time.monotonic()
        until[0] = at + LONG
        StudyRun(study, crew, tell, lambda: time.monotonic() > until[0]).run()
        cost = processor_time(processes) - before
    milliseconds = 1000 * cost / told[0]
    yield Figure("processor time added to a piece, all processes", milliseconds, 20, at_least=False, unit="ms")


def against_a_loop(place: Path) -> float:
    """The study's time over that of a loop; both begin with the same compiled programs on disk."""
    place.mkdir()
    study = Study.create(SMALL, place / "mine.study")
    environment = {**os.environ, "NPROC": "1", "PJRT_NPROC": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "ticket_explorer"]
    spec = place / "spec.toml"
    text = (study.path / "study.toml").read_text().replace("seeds = 12\n", "")
    spec.write_text(text)

    def loop() -> float:
        began = time.monotonic()
        lines = [
            " && ".join(
                " ".join([*command, "run", str(spec), "--seed", str(seed), "--session", f"{place}/{seed}.session"])
                for seed in range(half, 12, 2)
            )
            for half in (0, 1)
        ]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
        running = [subprocess.Popen(["sh", "-c", line], **quiet) for line in lines]  # type: ignore[call-overload]
        assert [one.wait() for one in running] == [0, 0]
        return time.monotonic() - began

    warm = [*command, "run", str(spec), "--session", str(place / "warm.session")]
    subprocess.run(warm, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    alone = loop()
    began = time.monotonic()
    run = [*command, "study", "run", str(study.path), "--workers", "2"]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    together = time.monotonic() - began
    shutil.rmtree(place)
    return together / alone


@contextmanager
def sleeping() -> Iterator[None]:
    with patch("sessions.studies.dask_crew.work", sleeping_engine.work):
        yield


def processor_time(processes: list[psutil.Process]) -> float:
    """Seconds of processor time."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _first_screen(study: Path) -> tuple[float, float]:
    """Seconds from the command to the first cells on a terminal, and MB."""
    command = [sys.executable, "-m", "ticket_explorer", "study", "open", str(study)]
    with PseudoTerminal(command, 120, 40) as terminal:
        seen = terminal.until(rb"seed-\d", since_now=False)
        return seen - terminal.started, psutil.Process(terminal.process.pid).memory_info().rss / 1e6


def _show(study: Path) -> tuple[float, float]:
    """Seconds of processor time and MB of one `study show`."""
    code = "import sys; sys.argv = ['ticket-explorer', 'study', 'show', sys.argv[1]]\n" + _SHOW
    took, peak = _python(code, str(study)).split()[-2:]
    return float(took), float(peak) / 1024


_SHOW = """
import atexit, resource
from ticket_explorer.__main__ import main
def used():
    found = resource.getrusage(resource.RUSAGE_SELF)
    print(found.ru_utime + found.ru_stime, found.ru_maxrss)
atexit.register(used)
main()
"""


def _python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
