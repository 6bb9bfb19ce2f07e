"""An engine that sleeps: what workers do in the benchmarks of studies, in place of computing."""

import os
import time
from pathlib import Path

from sessions.reports.session_list import SessionState
from sessions.studies.work import Answer, Job, is_stopping

SECONDS, ROUNDS = float(os.environ.get("TICKET_EXPLORER_PIECE", "0.2")), 20
"""Of a piece, and how many a cell has."""


def work(job: Job) -> Answer:
    """A piece of a cell whose session is the number of its pieces."""
    began = time.time()
    if is_stopping():
        return Answer(job.cell, "stopped")
    time.sleep(SECONDS)
    path = Path(job.path).with_suffix(".pieces")
    with path.open("ab") as file:
        file.write(b".")
    done = path.stat().st_size
    state = SessionState(
        name=job.cell,
        path=job.path,
        title="",
        task="",
        network="",
        strategy="",
        branches=1,
        rounds_done=done,
        rounds_planned=ROUNDS,
        best_score=0.5,
        lowest_density=0.8,
        curve=(0.5,) * done,
        state="finished" if done >= ROUNDS else "paused",
    )
    took = time.time() - began
    found = {"device": "cpu", "began": began, "seconds": took, "generations": 100, "left": 100 * (ROUNDS - done)}
    return Answer(job.cell, "advanced", "", _worker(), os.getpid(), state=state, **found)  # type: ignore[arg-type]


def _worker() -> str:
    """The name of Dask's worker: several may share a process."""
    from distributed import get_worker

    return str(get_worker().name)
