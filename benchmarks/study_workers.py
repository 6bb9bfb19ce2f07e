"""A study of 10,000 cells on 500 workers that sleep: what its scheduler and its run cost, and how long workers wait.

The workers are real ones of Dask, each with a connection of its own to the scheduler, encrypted as in a run; a hundred
share a process, since each only sleeps.
"""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import distributed
import psutil

from benchmarks.figures import Figure
from benchmarks.study import processor_time, sleeping
from sessions.studies.dask_crew import CELL, DaskCrew
from sessions.studies.local_crew import local_kind
from sessions.studies.study import Study
from sessions.studies.study_run import StudyRun
from sessions.studies.work import PIECE_SECONDS

CELLS, WORKERS, A_PROCESS = 10_000, 500, 100
LONG = 5.5 * PIECE_SECONDS
"""Seconds that are watched: five pieces of every worker."""
SLEEPERS = """
import asyncio, json, sys
import distributed
async def main():
    given = json.load(sys.stdin)
    security = distributed.Security(require_encryption=True, **given["security"])
    more = {"nthreads": 1, "resources": given["resources"], "security": security, "dashboard": False}
    first, count = given["first"], given["count"]
    workers = [distributed.Worker(given["address"], name=first + n, **more) for n in range(count)]
    await asyncio.gather(*workers)
    await asyncio.gather(*(worker.finished() for worker in workers))
asyncio.run(main())
"""


def measure() -> Iterator[Figure]:
    """The figures of one run."""
    with TemporaryDirectory() as place:
        study = Study.create({"preset": "fashion", "seeds": CELLS}, Path(place) / "simulated.study")
        pieces: dict[str, list[tuple[float, float]]] = defaultdict(list)

        def tell(progress: Any) -> None:
            if progress.answer is not None and progress.answer.came == "advanced":
                pieces[progress.answer.machine].append((progress.answer.began, progress.answer.seconds))

        with sleeping(), _crew(Path(place)) as crew:
            me = psutil.Process()
            before, at = processor_time([me]), time.monotonic()
            StudyRun(study, crew, tell, lambda: time.monotonic() > at + LONG).run()
            mine = (processor_time([me]) - before) / (time.monotonic() - at)
            memory = me.memory_info().rss / 1e6
    idle = sorted(_idle(one) for one in pieces.values())
    print(f"{len(pieces)} workers, {sum(map(len, pieces.values())):,} pieces of {PIECE_SECONDS:.0f} s")
    yield Figure("share of a core of scheduler and run, 500 workers", mine, 0.5, at_least=False, unit="")
    yield Figure(f"memory of both, with {CELLS:,} cells", memory, 1000, at_least=False, unit="MB")
    yield Figure("share of its time that a worker waits, median", median(idle), 0.05, at_least=False, unit="")
    yield Figure("of the worker that waits longest", idle[-1], 0.05, at_least=False, unit="")


def _idle(pieces: list[tuple[float, float]]) -> float:
    """The share of its time that a worker waits between its pieces."""
    ordered = sorted(pieces)
    waits = sum(after - (began + took) for (began, took), (after, _) in pairwise(ordered))
    return waits / (ordered[-1][0] - ordered[0][0])


@contextmanager
def _crew(place: Path) -> Iterator[DaskCrew]:
    security = distributed.Security.temporary()
    with ExitStack() as stack:
        cluster = stack.enter_context(
            distributed.LocalCluster(n_workers=0, host="127.0.0.1", security=security, dashboard_address=None)
        )
        for first in range(0, WORKERS, A_PROCESS):
            stack.enter_context(_sleepers(cluster.scheduler_address, security, first, place))
        client = stack.enter_context(distributed.Client(cluster))
        client.wait_for_workers(WORKERS, timeout=120)
        yield DaskCrew(client, WORKERS)


@contextmanager
def _sleepers(address: str, security: Any, first: int, place: Path) -> Iterator[None]:
    """A process with a hundred workers."""
    names = ("tls_ca_file", "tls_client_cert", "tls_client_key", "tls_worker_cert", "tls_worker_key")
    given = {
        "address": address,
        "security": {name: getattr(security, name) for name in names},
        "resources": {CELL: 1, local_kind(1): 1},
        "first": first,
        "count": A_PROCESS,
    }
    settings = {"DASK_TEMPORARY_DIRECTORY": str(place), "TICKET_EXPLORER_PIECE": str(PIECE_SECONDS)}
    command = [sys.executable, "-c", SLEEPERS]
    with (
        (place / f"{first}.log").open("w") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, env={**os.environ, **settings}, text=True, stderr=log
        ) as process,
    ):
        assert process.stdin is not None
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        try:
            yield
        finally:
            process.kill()
