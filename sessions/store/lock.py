"""One writer per session: a lock that the system frees when its process ends, however it ends."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Self, final

from sessions.store.address import NAME, own, write_address
from sessions.store.errors import Damaged, SessionLocked, told
from sessions.store.files import is_shared, mode_of_new, open_file
from sessions.store.holder import holder_sentence
from sessions.store.system import flock

_WAITS = (0.01, 0.02, 0.04)
"""Seconds between attempts: long enough for a simultaneous `is_locked` to finish."""


@final
class SessionLock:
    """The right to write to a session.

    The file is empty: only the system knows whether it is locked. The address file next to it names the holder,
    which is removed before the lock is freed. A child made by `os.fork` shares the lock until it ends too.

    Args:
        path: The lock file, in the session's directory.

    Raises:
        SessionLocked: if another process, or this one, has it.
        TicketError: where there are no file locks (some network file systems).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with told(path):
            is_new = not os.path.lexists(path)
            if not is_new:
                open_file(path).close()
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, mode_of_new(path))
            try:
                if is_new and is_shared(path.parent):
                    os.fchmod(self._descriptor, mode_of_new(path))
                self._take()
            except BaseException:
                os.close(self._descriptor)
                raise

    def release(self) -> None:
        """Release the lock; releasing twice does nothing."""
        if self._descriptor >= 0:
            with suppress(OSError):
                self.path.with_name(NAME).unlink()
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _take(self) -> None:
        for wait in (*_WAITS, None):
            if flock(self._descriptor, shared=False):
                break
            if wait is None:
                raise SessionLocked(holder_sentence(self.path))
            time.sleep(wait)
        with suppress(OSError):  # on a full disk others hear less; the lock is what counts
            os.ftruncate(self._descriptor, 0)  # older versions sign it
            write_address(self.path.with_name(NAME), own())


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock now; the test blocks others for an instant at most."""
    with told(path):
        try:
            with open_file(path) as file:
                return not flock(file.fileno(), shared=True)
        except Damaged:
            return False
