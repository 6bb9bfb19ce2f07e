"""One writer per session: a lock that the system frees when its process ends, however it ends."""

import os
from pathlib import Path
from typing import Self, final

from sessions.errors import SessionLocked, told
from ticket_explorer.errors import TicketError

try:
    import fcntl
except ModuleNotFoundError:  # pragma: no cover - only on Windows
    fcntl = None  # type: ignore[assignment]


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
        if fcntl is None:
            raise TicketError("This system has no file locks: sessions can be read here, but not run. Use WSL.")
        self.path = path
        with told(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._take()
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
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SessionLocked(self.path.parent, _holder(os.pread(self._descriptor, 300, 0))) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()} {os.uname().nodename}\n".encode(), 0)


def _holder(written: bytes) -> str:
    process, _, machine = written.decode(errors="replace").strip().partition(" ")
    return f"process {process} on {machine}" if process.isdecimal() and machine else "another process"
