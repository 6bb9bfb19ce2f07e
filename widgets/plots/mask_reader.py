"""Reads masks of finished rounds from disk: in a thread, so that the app never waits, or at once."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sessions.store import Ledger, SessionDirectory
from sessions.store.round_file import decode_round
from ticket_explorer.errors import TicketError

KEPT = 64
"""How many masks are kept in memory: the rounds that a person scrubs through."""

Mask = npt.NDArray[np.bool_]


class Masks(Protocol):
    """The masks of a session's rounds."""

    def mask(self, branch: str, number: int) -> Mask | None:
        """The mask that a round trained, bool [R, D]; None if it is not there, or not yet."""
        ...


class MasksOnDisk:
    """Reads masks when they are asked for."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        """Read masks from one session's directory.

        Args:
            path: The session's directory.
            ledger: What its journal says about its files.
        """
        self._directory = SessionDirectory(path, ledger)

    def mask(self, branch: str, number: int) -> Mask | None:
        """The mask that a round trained, bool [R, D]; None if it can't be read."""
        return _read(self._directory, branch, number)


class MaskReader:
    """Returns masks that were read, and reads those that were not."""

    def __init__(self, path: Path, ledger: Callable[[], Ledger], arrived: Callable[[], None]) -> None:
        """Read masks from one session's directory.

        Args:
            path: The session's directory.
            ledger: Returns what its journal now says about its files.
            arrived: Called, from another thread, when a requested mask is ready.
        """
        self._path, self._ledger, self._arrived = path, ledger, arrived
        self._masks: dict[tuple[str, int], Future[Mask | None]] = {}
        self._pool = ThreadPoolExecutor(1, "masks")

    def mask(self, branch: str, number: int) -> Mask | None:
        """The mask that a round trained, bool [R, D]; None while it is being read, or if it can't be read."""
        key = (branch, number)
        if key not in self._masks:
            while len(self._masks) >= KEPT:
                del self._masks[next(iter(self._masks))]
            self._masks[key] = self._pool.submit(self._read, branch, number)
            self._masks[key].add_done_callback(lambda _: self._arrived())
        future = self._masks[key]
        return future.result() if future.done() and not future.cancelled() else None

    def close(self) -> None:
        """Stop reading."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _read(self, branch: str, number: int) -> Mask | None:
        return _read(SessionDirectory(self._path, self._ledger()), branch, number)


def _read(directory: SessionDirectory, branch: str, number: int) -> Mask | None:
    try:
        return decode_round(directory.read_round(branch, number), directory.round_path(branch, number)).mask
    except TicketError:
        return None
