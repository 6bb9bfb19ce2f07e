"""A crew on a cluster that is already there: dask-jobqueue's, dask-kubernetes', dask-cuda's, or processes by hand."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from json import JSONDecodeError, loads
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sessions.studies.dask_crew import DaskCrew, check_workers, imported, quiet
from sessions.studies.study_dir import StudyDirectory
from sessions.studies.work import LOG_NAME
from ticket_explorer.errors import InvalidValue, TicketError

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = "10 s"
"""How long a scheduler may take to answer."""
LOOKS = 2.0
"""Seconds between two looks at which workers there are."""
_OPEN = (
    "The scheduler at {} talks without TLS: whoever reaches it, or a worker, can run code in your name. Use one with "
    "certificates, whose address begins with tls://, or make sure that nobody else reaches it."
)


def address_of(given: str) -> str:
    """The address of a scheduler, which may be in its scheduler file.

    Raises:
        TicketError: if it is neither an address nor a scheduler file.
    """
    if "://" in given:
        return given
    try:
        return str(loads(Path(given).read_text(encoding="utf-8"))["address"])
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise TicketError(f"The scheduler file {given} can't be read: {why}.") from None
    except (JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        expected = "an address, tcp://HOST:PORT or tls://HOST:PORT, or a scheduler file, which has one"
        raise InvalidValue("--scheduler", given, expected) from None


def caution(address: str) -> str | None:
    """A warning of a scheduler without TLS; None if it has it."""
    return None if address.startswith("tls://") else _OPEN.format(address)


@contextmanager
def joined_crew(study: StudyDirectory, address: str, threads: int) -> Iterator[DaskCrew]:
    """Reach a cluster's workers; they stay when this ends, and rest.

    Args:
        study: The study; this process holds its lock.
        address: The scheduler's address.
        threads: The cores that each one's cell computes on.

    Raises:
        TicketError: if the scheduler can't be reached, or a worker could not do the work.
    """
    distributed = imported()[1]
    with _reached(distributed, address) as client:
        from sessions.studies.worker_setup import WorkerSetup

        def check() -> None:
            check_workers(client, study.path, study.lock)

        check()
        client.register_plugin(WorkerSetup(str(study.path / LOG_NAME), threads, declares=True), name="ticket-explorer")
        yield DaskCrew(client, max(len(_workers(client)), 1), pool=Newcomers(client, check))


class Newcomers:
    """Checks workers that joined meanwhile, and has work that waits for one go to them.

    A worker says what it is for a moment after it has joined, and Dask looks for waiting work before that.
    """

    def __init__(self, client: "Client", check: Callable[[], None]) -> None:
        self._client, self._check = client, check
        self._known = set(_workers(client))
        self._looked = time.monotonic()

    def __call__(self) -> None:
        """Look, now and then."""
        if time.monotonic() < self._looked + LOOKS:
            return
        self._looked = time.monotonic()
        found = set(_workers(self._client))
        if found - self._known:
            self._check()
            with suppress(OSError, ImportError):
                self._client.run_on_scheduler(_offer_waiting_work)
        self._known = found


async def _offer_waiting_work(dask_scheduler: Any) -> None:
    """As `Newcomers`, in the scheduler."""
    for worker in list(dask_scheduler.workers.values()):
        waiting = dask_scheduler.bulk_schedule_unrunnable_after_adding_worker(worker)
        dask_scheduler.transitions(waiting, "ticket-explorer")


def _workers(client: "Client") -> list[str]:
    found: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    return list(found)


@contextmanager
def _reached(distributed: Any, address: str) -> Iterator["Client"]:
    quiet()
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError, RuntimeError, TypeError) as error:
        raise TicketError(
            f"No scheduler answers at {address} ({type(error).__name__}: {error}).",
            remedy="Check that it runs; for tls:// Dask's configuration must name the certificates "
            "(distributed.comm.tls).",
        ) from None
    with client:
        yield client
