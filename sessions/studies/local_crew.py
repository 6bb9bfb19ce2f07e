"""A crew on this machine: worker processes of a local Dask cluster, which replaces one that dies.

Whoever reaches a Dask port can run code, so the connections are encrypted with certificates that only this cluster has,
and nothing listens beyond loopback. What listens for browsers answers nothing unless the dashboard is asked for.
"""

import logging
import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sessions.plans.devices import computing_gpu
from sessions.studies.study_view import StudyView
from sessions.studies.work import LOG_NAME, Answer, Job, Question, check, stop, work
from ticket_explorer.child_process import HOME
from ticket_explorer.cores import cores
from ticket_explorer.errors import TicketError
from ticket_explorer.machine_memory import memory_limit

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

DEATHS = 3
"""How many workers may die of one piece of work before its cell has failed."""
_NEEDED = "A study is run by Dask, and {} is not here; install it with: pip install 'ticket-explorer[cluster]'"


def usual_workers(view: StudyView) -> int:
    """As many workers as fit the cores and the memory of this machine, and no more than there are cells.

    With a GPU, one: a cell has it for itself.
    """
    if computing_gpu() is not None:
        return 1
    largest = max((cell.memory_bytes or 0 for cell in view.cells.values()), default=0)
    by_memory = memory_limit() // largest if largest else len(view.cells)
    return max(1, min(cores() // view.threads, by_memory, len(view.cells)))


@contextmanager
def local_crew(study: Path, workers: int, threads: int, dashboard: bool = False) -> Iterator["LocalCrew"]:
    """Start workers, and end them again.

    Args:
        study: The study's directory, where unexpected errors are logged.
        workers: How many.
        threads: The cores that each one's cell computes on.
        dashboard: Whether Dask's dashboard is served, on loopback.

    Raises:
        TicketError: if Dask or what encrypts its connections is not installed.
    """
    dask, distributed = _imported()
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
        )
        with cluster, distributed.Client(cluster) as client:
            from sessions.studies.worker_setup import WorkerSetup

            client.register_plugin(WorkerSetup(str(study / LOG_NAME)), name="ticket-explorer")
            yield LocalCrew(cluster, client, workers)


def thread_settings(threads: int) -> dict[str, str]:
    """The environment in which XLA and what is below it compute on so many threads, however many cores there are."""
    names = ("NPROC", "PJRT_NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return dict.fromkeys(names, str(threads))


class LocalCrew:
    """Workers of a local cluster; a `Crew`."""

    def __init__(self, cluster: "LocalCluster", client: "Client", workers: int) -> None:
        """Use `local_crew`."""
        self.workers = workers
        self._cluster, self._client = cluster, client
        self._done: queue.SimpleQueue[tuple[str, Future]] = queue.SimpleQueue()
        self._futures: set[Future] = set()

    @property
    def dashboard(self) -> str:
        """The dashboard's address, if it is served."""
        return str(self._cluster.dashboard_link)

    def send(self, task: Question | Job, priority: int) -> None:
        """As `Crew` says."""
        call: Any = work if isinstance(task, Job) else check
        future = self._client.submit(call, task, pure=False, priority=priority)
        self._futures.add(future)  # Dask forgets a task that nobody holds
        future.add_done_callback(lambda done, cell=task.cell: self._done.put((cell, done)))

    def answer(self, timeout: float) -> Answer | None:
        """As `Crew` says."""
        with suppress(queue.Empty):
            cell, future = self._done.get(timeout=timeout)
            self._futures.discard(future)
            return _answer_of(cell, future)
        return None

    def stop(self) -> None:
        """As `Crew` says."""
        with suppress(OSError):  # workers that are gone rest already
            self._client.run(_rest, wait=False)


async def _rest() -> None:
    """As `stop`, in a worker; a coroutine, which Dask doesn't wait for."""
    stop()


def _answer_of(cell: str, future: "Future") -> Answer:
    if future.status == "finished":
        answer: Answer = future.result()
        return answer
    if future.status == "cancelled":
        return Answer(cell, "failed", "The scheduler is gone. What is journalled is kept; run the study again.")
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        died = f"{DEATHS + 1} workers died of it, perhaps because memory ran out."
        return Answer(cell, "failed", f"{died} Use fewer workers, or a smaller population or batch.")
    return Answer(cell, "failed", f"Dask could not run it ({type(error).__name__}: {error}).")


def _imported() -> tuple[Any, Any]:
    """Dask and its distributed part, if they and what encrypts their connections are installed."""
    try:
        import cryptography  # noqa: F401
        import dask
        import distributed
    except ImportError as error:
        raise TicketError(_NEEDED.format((error.name or "it").partition(".")[0])) from None
    return dask, distributed
