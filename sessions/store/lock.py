"""One writer per session: a lock that the system frees when its process ends, however it ends."""

import os
import time
from pathlib import Path
from typing import Self, final

from sessions.store.errors import SessionLocked, told
from ticket_explorer.errors import TicketError

_WAITS = (0.01, 0.02, 0.04)
"""Seconds between attempts: long enough for an `is_locked` at the same moment to be over."""


@final
class SessionLock:
    """The right to write to a session.

    The file holds the process and the machine, for the message; whether it is locked, only the
    system knows. A child made by `os.fork` shares the lock until it ends too.

    Args:
        path: The lock file, in the session's directory.

    Raises:
        SessionLocked: if another process, or this one, has it.
        TicketError: where there are no file locks (Windows, some network file systems).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with told(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._take()
            except ModuleNotFoundError:
                os.close(self._descriptor)
                raise TicketError("This system has no file locks: sessions can be read, not run. Use WSL.") from None
            except BaseException:
                os.close(self._descriptor)
                raise

    def release(self) -> None:
        """Let others write; releasing twice does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _take(self) -> None:
        for wait in (*_WAITS, None):
            if _flock(self._descriptor, shared=False):
                break
            if wait is None:
                raise SessionLocked(self.path.parent, _holder(os.pread(self._descriptor, 300, 0)))
            time.sleep(wait)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()} {os.uname().nodename}\n".encode(), 0)


def is_locked(path: Path) -> bool:
    """Whether a process has the right to write just now; keeps nobody from it for more than an instant."""
    with told(path):
        try:
            with path.open("rb") as file:
                return not _flock(file.fileno(), shared=True)
        except (FileNotFoundError, ModuleNotFoundError):
            return False


def _flock(descriptor: int, shared: bool) -> bool:
    """Lock an open file if that needs no waiting; whether it did. Not every system has the module."""
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(written: bytes) -> str:
    process, _, machine = written.decode(errors="replace").strip().partition(" ")
    return f"process {process} on {machine}" if process.isdecimal() and machine else "another process"
