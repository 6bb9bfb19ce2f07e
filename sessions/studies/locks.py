"""Locks of a study: its journal has many writers, one at a time, and whoever runs the study holds it, beside others.

The system frees them when a process ends, however it ends.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sessions.store.errors import told
from sessions.store.files import mode_of_new
from sessions.store.system import flock
from ticket_explorer.errors import TicketError

_NO_LOCKS = (
    "{} can't be locked: this file system, or this system, has no file locks, and without them two processes could run "
    "one cell. Keep the study on another file system."
)


@contextmanager
def locked(path: Path, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Hold a lock file, alone or beside others who share it; yields whether it is held.

    Args:
        path: The lock file, made if it isn't there.
        shared: Whether others may hold it so too.
        wait: Whether to wait for it; without, it may not be held.

    Raises:
        TicketError: where there are no file locks.
    """
    with told(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, mode_of_new(path))
    try:
        try:
            is_mine = flock(descriptor, shared, wait)
        except (ModuleNotFoundError, OSError):
            raise TicketError(_NO_LOCKS.format(path)) from None
        yield is_mine
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether any process holds a lock file now."""
    if not path.exists():
        return False
    with locked(path, wait=False) as alone:
        return not alone
