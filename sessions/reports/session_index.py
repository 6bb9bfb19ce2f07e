"""An index of the list of sessions: the lines that were made before, so that 500 journals are not read again.

It is a convenience, never a source: it may be removed at any time, and a line counts only while the session's files
are the very ones it was made from. Whatever is wrong with it, or with the place where it is, costs only time.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from inspect import get_annotations
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from sessions.store.errors import UNREADABLE
from sessions.store.files import write_private
from sessions.store.system import AT_ONCE, NO_LINK
from ticket_explorer.errors import TicketError
from ticket_explorer.places import cache_dir, make_private

NAME = "session-list.msgpack"
SCHEMA = 1
LONGEST = 64 * 1024 * 1024
"""Bytes; a longer file is no index."""

Row = TypeVar("Row")
Stamp = tuple[int, ...]
"""Of a session's files: it changes when one of them does, or is another file."""


class Line(msgspec.Struct, Generic[Row], frozen=True):
    """One session's line, and the stamp of the files it was made from."""

    stamp: Stamp
    row: Row


class _Index(msgspec.Struct, Generic[Row], frozen=True):
    schema: int
    program: str
    lines: dict[str, Line[Row]]


def index_path() -> Path:
    """Where the index of this user's sessions is."""
    return cache_dir() / NAME


def read_index(row: type[Row]) -> dict[str, Line[Row]]:
    """The lines of the index by their sessions' paths; none if there is no index of this version of this user's.

    Args:
        row: The type of a line.
    """
    data = b""
    with suppress(OSError, TicketError):
        data = _own_file(index_path())
    with suppress(*UNREADABLE, ValueError):
        kind: Any = _Index[row]  # type: ignore[valid-type]
        index = msgspec.msgpack.decode(data, type=kind)
        if (index.schema, index.program) == (SCHEMA, _program(row)):
            lines: dict[str, Line[Row]] = index.lines
            return lines
    return {}


def write_index(row: type[Row], lines: Mapping[str, Line[Row]]) -> None:
    """Replace the index, private to this user; where that can't be done, there is none."""
    with suppress(OSError, TicketError):
        make_private(index_path().parent)
        write_private(index_path(), msgspec.msgpack.encode(_Index(SCHEMA, _program(row), dict(lines))))


def stamp_of(*files: Path) -> Stamp:
    """The stamp of some files, each of which may be missing: time of change, size, and which file it is."""
    found: list[int] = []
    for path in files:
        try:
            about = os.stat(path)
        except FileNotFoundError:
            found += (0, 0, 0, 0)
        else:
            found += (about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino)
    return tuple(found)


def _own_file(path: Path) -> bytes:
    """The content of a regular file that only this user can have written; empty of any other."""
    descriptor = os.open(path, os.O_RDONLY | AT_ONCE | NO_LINK)
    with open(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        is_own = not hasattr(os, "getuid") or (about.st_uid == os.getuid() and not about.st_mode & 0o022)
        return file.read(LONGEST) if is_own and stat.S_ISREG(about.st_mode) else b""


def _program(row: type[Any]) -> str:
    """What made the lines: another version, or another kind of line, makes others."""
    known = "unknown"
    with suppress(PackageNotFoundError):
        known = version("ticket-explorer")
    return f"{known} {' '.join(get_annotations(row))}"
