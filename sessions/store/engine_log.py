"""The engine's log: a file in the session's directory that takes what its process prints, and unexpected errors.

It rotates: what is older than the last megabytes goes. Nothing that is computed or verified depends on it.
"""

import os
from collections import deque
from contextlib import suppress
from pathlib import Path

from sessions.store.file_table import FileName
from sessions.store.files import is_shared, mode_of_new
from sessions.store.system import BINARY, NO_LINK

LOG, OLDER = FileName("log"), FileName("older-log", number=1)
LARGEST = 2_000_000
"""Bytes of the file; then it becomes the older one, whose place it takes."""


def log_file(session: Path) -> Path:
    """Where the log of a session's engines is."""
    return session / LOG.place


def open_log(session: Path) -> int:
    """Open the log for appending, as the session's other files are; a log that is too large becomes the older one.

    Raises:
        OSError: if that can't be done.
    """
    path = log_file(session)
    if is_large(path):
        path.replace(session / OLDER.place)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY | NO_LINK
    descriptor = os.open(path, flags, mode_of_new(path))
    if is_shared(session):
        with suppress(OSError):
            os.fchmod(descriptor, mode_of_new(path))
    return descriptor


def is_large(log: Path) -> bool:
    """Whether a log is to become the older one."""
    with suppress(FileNotFoundError):
        return log.lstat().st_size > LARGEST
    return False


def read_log(session: Path, lines: int | None = None) -> str:
    """The text of the log, the older part first.

    Args:
        session: The session's directory.
        lines: How many of the last lines; None: all that is kept.
    """
    text = "".join(_text(session / name.place) for name in (OLDER, LOG))
    return text if lines is None else "".join(deque(text.splitlines(keepends=True), lines))


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")
    return ""
