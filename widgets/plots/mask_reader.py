"""Masks of finished rounds, read from disk beside the app so that it never waits."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sessions.store import Ledger, SessionDirectory
from sessions.store.round_file import decode_round
from ticket_explorer.errors import TicketError

KEPT = 64
"""Masks kept in memory; as many rounds as one scrubs through."""

Mask = npt.NDArray[np.bool_]


class MaskReader:
    """Hands out masks that were read, and reads those that were not."""

    def __init__(self, path: Path, ledger: Callable[[], Ledger], arrived: Callable[[], None]) -> None:
        """Read from one session's directory.

        Args:
            path: The session's directory.
            ledger: Gives what its journal says of its files by now.
            arrived: Called, from another thread, when a mask that was asked for is there.
        """
        self._path, self._ledger, self._arrived = path, ledger, arrived
        self._masks: dict[tuple[str, int], Future[Mask | None]] = {}
        self._pool = ThreadPoolExecutor(1, "masks")

    def mask(self, branch: str, number: int) -> Mask | None:
        """The mask that a round trained, bool [R, D]; None while it is read, or if it can't be."""
        key = (branch, number)
        if key not in self._masks:
            while len(self._masks) >= KEPT:
                del self._masks[next(iter(self._masks))]
            self._masks[key] = self._pool.submit(self._read, branch, number)
            self._masks[key].add_done_callback(lambda _: self._arrived())
        future = self._masks[key]
        return future.result() if future.done() and not future.cancelled() else None

    def close(self) -> None:
        """Read no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _read(self, branch: str, number: int) -> Mask | None:
        try:
            directory = SessionDirectory(self._path, self._ledger())
            return decode_round(directory.read_round(branch, number), directory.round_path(branch, number)).mask
        except TicketError:
            return None
