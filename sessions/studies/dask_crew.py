"""A crew of Dask's workers, whoever started them: what every such crew does.

A cell takes a whole worker process, and goes on only where the kind of device and the number of threads are those that
it began with, since bits depend on them: Dask's resources `cell` and `cpu-1`, which each worker says it has one of.
"""

import logging
import queue
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sessions.studies.work import Answer, Job, Question, check, stop, work
from sessions.studies.worker_look import Seen, differing, look
from ticket_explorer.errors import TicketError

if TYPE_CHECKING:
    from distributed import Client, Future

DEATHS = 3
"""How many workers may die of one piece of work before its cell has failed."""
CELL = "cell"
"""The resource of which a worker has one: it computes one cell at a time."""
_NEEDED = "A study is run by Dask, and {} is not here; install it with: pip install 'ticket-explorer[cluster]'"


def quiet() -> None:
    """Have Dask log nothing of this process: what goes wrong is said in sentences."""
    for handler in logging.getLogger("distributed").handlers:
        handler.setLevel(logging.CRITICAL + 1)


class DaskCrew:
    """Workers that a client reaches; a `Crew`.

    Args:
        client: The client of their scheduler.
        workers: How many there are, or are to be.
        dashboard: The dashboard's address; empty if none is served.
        pool: Looks at which workers there are by now; None if nobody may join or leave.
    """

    def __init__(
        self, client: "Client", workers: int, dashboard: str = "", pool: Callable[[], None] | None = None
    ) -> None:
        self.workers, self.dashboard = workers, dashboard
        self._client, self._pool = client, pool
        self._loop: Any = client.loop
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._futures: set[Future] = set()

    def send(self, task: Question | Job, priority: int) -> None:
        """As `Crew` says."""
        call: Any = work if isinstance(task, Job) else check
        kind = task.kind if isinstance(task, Job) else ""
        resources = {CELL: 1, **({kind: 1} if kind else {})}
        future = self._client.submit(call, task, pure=False, priority=priority, resources=resources)
        self._futures.add(future)  # Dask forgets a task that nobody holds
        future.add_done_callback(lambda done, cell=task.cell: self._loop.add_callback(self._fetch, cell, done))

    def answer(self, timeout: float) -> Answer | None:
        """As `Crew` says."""
        if self._pool is not None:
            self._pool()
        with suppress(queue.Empty):
            return self._answers.get(timeout=timeout)
        return None

    def stop(self) -> None:
        """As `Crew` says."""
        with suppress(OSError):  # workers that are gone rest already
            self._client.run(_rest, wait=False)

    async def _fetch(self, cell: str, future: "Future") -> None:
        """In the client's own thread, so that many answers travel at once, and none holds up the run."""
        self._answers.put(await answer_of(cell, future))
        self._futures.discard(future)


async def _rest() -> None:
    """As `stop`, in a worker; a coroutine, which Dask doesn't wait for."""
    stop()


def check_workers(client: "Client", study: Path, lock: Path) -> None:
    """Refuse workers that could not do a study's work: others' versions, another file system, locks that don't hold.

    Args:
        client: Who reaches them.
        study: The study's directory.
        lock: A lock file that this process holds.

    Raises:
        TicketError: naming the worker's machine, and what is here and there.
    """
    try:
        found = cast(dict[str, Seen], client.run(look, str(study), str(lock)))  # the client waits: it is no coroutine
    except (ImportError, AttributeError) as error:
        raise TicketError(
            f"Workers can't import this version of Ticket Explorer ({error}).",
            remedy="Install the same version in their environment, with the extra cluster.",
        ) from None
    for one in found.values():
        if different := differing(one.versions):
            said = ", ".join(f"{name} {there} instead of {here}" for name, here, there in different)
            raise TicketError(
                f"The worker on {one.machine} has {said}: a cell would not come out with the same bits.",
                remedy="Install the same versions in both environments.",
            )
        if not one.sees_study:
            raise TicketError(
                f"The worker on {one.machine} does not see {study}.",
                remedy="Put the study on a file system that all of them share, with --study.",
            )
        if not one.heeds_lock:
            raise TicketError(
                f"The worker on {one.machine} can lock {lock}, which is locked here: locks on this file system don't "
                "hold between machines, and two workers could run one cell.",
                remedy="Keep the study on a file system with locks, with --study.",
            )


async def answer_of(cell: str, future: "Future") -> Answer:
    """What a task came to, whatever happened to it."""
    if future.status == "cancelled":
        return Answer(cell, "lost", "The scheduler is gone. What is journalled is kept; run the study again.")
    try:
        answer: Answer = await future
    except Exception as error:
        if type(error).__name__ == "KilledWorker":
            died = f"{DEATHS + 1} workers died of it, perhaps because memory ran out."
            return Answer(cell, "failed", f"{died} Use fewer workers, or a smaller population or batch.")
        return Answer(cell, "failed", f"Dask could not run it ({type(error).__name__}: {error}).")
    return answer


def imported(*more: str) -> Sequence[Any]:
    """Dask, its distributed part, and more modules of the extra `cluster`.

    Raises:
        TicketError: if one of them, or what encrypts connections, is not installed.
    """
    from importlib import import_module

    try:
        import_module("cryptography")
        return [import_module(name) for name in ("dask", "distributed", *more)]
    except ImportError as error:
        raise TicketError(_NEEDED.format((error.name or "it").partition(".")[0].replace("_", "-"))) from None
