"""A crew on this machine: worker processes of a local Dask cluster, which replaces one that dies.

Whoever reaches a Dask port can run code, so the connections are encrypted with certificates that only this cluster has,
and nothing listens beyond loopback. What listens for browsers answers nothing unless the dashboard is asked for.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sessions.plans.devices import computing_gpu, gpus, visible
from sessions.studies.crew import kind_of
from sessions.studies.dask_crew import CELL, DEATHS, DaskCrew, imported
from sessions.studies.study_view import StudyView
from sessions.studies.threads import thread_settings
from sessions.studies.work import LOG_NAME
from ticket_explorer.child_process import HOME
from ticket_explorer.cores import cores
from ticket_explorer.machine_memory import memory_limit


def usual_workers(view: StudyView) -> int:
    """As many workers as fit the cores and the memory of this machine, and no more than there are cells.

    With GPUs, one for each: a cell has it for itself.
    """
    if computing_gpu() is not None:
        return max(1, min(len(_gpus()), len(view.cells)))
    largest = max((cell.memory_bytes or 0 for cell in view.cells.values()), default=0)
    by_memory = memory_limit() // largest if largest else len(view.cells)
    return max(1, min(cores() // view.threads, by_memory, len(view.cells)))


@contextmanager
def local_crew(study: Path, workers: int, threads: int, dashboard: bool = False) -> Iterator[DaskCrew]:
    """Start workers, and end them again.

    Args:
        study: The study's directory, where unexpected errors are logged.
        workers: How many.
        threads: The cores that each one's cell computes on.
        dashboard: Whether Dask's dashboard is served, on loopback.

    Raises:
        TicketError: if Dask or what encrypts its connections is not installed.
    """
    dask, distributed = imported()
    if HOME not in sys.path:  # workers look for our packages where this process does
        sys.path.append(HOME)
    settings = {
        "distributed.scheduler.allowed-failures": DEATHS,
        "distributed.worker.daemon": False,  # some tasks have processes of their own
        "distributed.worker.http.routes": [],
        **({} if dashboard else {"distributed.scheduler.http.routes": []}),
    }
    with (
        TemporaryDirectory(prefix="ticket-explorer-study-", ignore_cleanup_errors=True) as scratch,
        dask.config.set(settings),
    ):
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            security=distributed.Security.temporary(),
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": dashboard},
            silence_logs=logging.CRITICAL,
            memory_limit=None,
            local_directory=scratch,
            env=thread_settings(threads),
            resources={CELL: 1, local_kind(threads): 1},
        )
        with cluster, distributed.Client(cluster) as client:
            from sessions.studies.worker_setup import WorkerSetup

            client.register_plugin(WorkerSetup(str(study / LOG_NAME), threads, _gpus()), name="ticket-explorer")
            yield DaskCrew(client, workers, str(cluster.dashboard_link) if dashboard else "")


def local_kind(threads: int) -> str:
    """The kind of workers that this machine would have."""
    return kind_of("cpu" if computing_gpu() is None else "gpu", threads)


def _gpus() -> tuple[str, ...]:
    """The numbers of the GPUs that workers of this machine may use."""
    return () if computing_gpu() is None else tuple(str(gpu.index) for gpu in visible(gpus()))
