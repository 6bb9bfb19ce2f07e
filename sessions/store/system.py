"""What systems do differently: how files are opened, replaced, synced and locked, and processes detached.

Every test runs on Linux. macOS and Windows follow their documentation here, and were not tried.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

BINARY = getattr(os, "O_BINARY", 0)
"""Without it, Windows changes bytes that look like the ends of lines."""
AT_ONCE = BINARY | getattr(os, "O_NONBLOCK", 0)
"""Opening a pipe must not wait for a writer; regular files ignore it."""
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
"""A link is not followed where the system can tell."""
_WAITS = (0.01, 0.03, 0.1, 0.3)
"""Seconds between attempts to replace a file that somebody reads: Windows refuses until it is closed."""


def sync(descriptor: int) -> None:
    """Wait until a file would survive a power failure; macOS's own `fsync` doesn't wait for the disk."""
    if sys.platform == "darwin":
        import fcntl

        with suppress(OSError):  # some network file systems have only the other
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power failure; Windows opens no directory, and keeps them by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def replace(source: Path, target: Path) -> None:
    """Rename a file over another one.

    Raises:
        OSError: if the system refuses.
    """
    if sys.platform == "win32":
        for wait in _WAITS:
            with suppress(PermissionError):
                os.replace(source, target)
                return
            time.sleep(wait)
    os.replace(source, target)


def flock(descriptor: int, shared: bool, wait: bool = False) -> bool:
    """Lock an open file, alone or beside others who share it; returns whether it did.

    The lock is free once the file is closed, however its process ends.

    Raises:
        OSError: where the file system has no locks.
    """
    if sys.platform == "win32":
        return _lock_by_portalocker(descriptor, shared, wait)
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _lock_by_portalocker(descriptor: int, shared: bool, wait: bool) -> bool:
    assert sys.platform == "win32"
    import portalocker

    flags = portalocker.LockFlags.SHARED if shared else portalocker.LockFlags.EXCLUSIVE
    try:
        portalocker.lock(descriptor, flags if wait else flags | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.exceptions.AlreadyLocked:
        return False
    except portalocker.exceptions.LockException as error:
        raise OSError(str(error)) from error
    return True


def detached() -> dict[str, Any]:
    """What `subprocess.Popen` takes for a process that a closing terminal doesn't end."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
