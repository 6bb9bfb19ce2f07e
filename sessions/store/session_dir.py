"""The directory of a session: which file is called what.

A session appears whole, by one rename, or not at all. Every file but the journal and the lock is
sealed here, so that callers hand over and get back bare payloads.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Self, final

from sessions.store.address import NAME
from sessions.store.errors import NewerSchema, NotASession, SessionExists, told
from sessions.store.files import (
    TEMPORARY,
    make_directory,
    read_whole,
    seal,
    sync_directory,
    temporary_name,
    unseal,
    write_atomic,
)
from sessions.store.journal_records import MAGIC
from ticket_explorer.errors import InvalidValue
from ticket_explorer.places import make_private

SCHEMA = 1
"""The schema of sessions that this version writes, and the highest it reads."""

Number = int | str
"""A round's number, or the name of weights that a line of rounds goes back to: `initial`, `early-50`."""

_HEADER = "session.msgpack"
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}")
_ROUND = re.compile(r"([0-9]{3,})\.msgpack")


def check_schema(number: int, path: Path) -> None:
    """Refuse a schema that this version does not know.

    Raises:
        NewerSchema: which says to update.
    """
    if number > SCHEMA:
        raise NewerSchema(path, number, SCHEMA)


def check_branch_name(name: str) -> None:
    """Refuse a branch name that can't be a directory's.

    Raises:
        InvalidValue: which says what can.
    """
    if not _BRANCH.fullmatch(name):
        expected = "a branch name of 1 to 64 letters, digits, spaces and . _ + -, beginning with a letter or digit"
        raise InvalidValue("$.branch.name", repr(name), expected)


def sessions_in(directory: Path) -> list[Path]:
    """The sessions directly in a directory, by name; none if it can't be listed."""
    with suppress(OSError):
        return sorted(path.parent for path in directory.glob(f"[!.]*/{_HEADER}"))
    return []


@final
class SessionDirectory:
    """The files of one session. Only the holder of its lock may call what writes.

    Args:
        path: A directory that is known to be a session; see `create` and `open_for_reading`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header = path / _HEADER
        self.journal = path / "journal.msgpack"
        self.checkpoint = path / "checkpoint.msgpack"
        self.way = path / "way.msgpack"
        self.lock = path / "lock"
        self.address = path / NAME

    @classmethod
    def create(cls, path: Path, header: bytes, shared: bool = False) -> Self:
        """A new session with an empty journal and no rounds, for its owner alone.

        Args:
            path: Where nothing is yet; missing parents are made.
            header: What `read_header` will return.
            shared: Whether the directory's group may read and go on with it; its mode keeps that.

        Raises:
            SessionExists: if something is at `path`; it is left as it is.
            DiskFull: if there is no room.
        """
        with told(path):
            make_private(path.parent)
            building = temporary_name(path)
            try:
                building.mkdir(0o700)
                if shared:
                    os.chown(building, -1, path.parent.stat().st_gid)
                    building.chmod(0o2770)
                cls._build(building, header)
                if os.path.lexists(path):
                    raise SessionExists(path)
                building.rename(path)
            except BaseException:
                shutil.rmtree(building, ignore_errors=True)
                raise
            sync_directory(path.parent)
        return cls(path)

    @classmethod
    def open_for_reading(cls, path: Path) -> Self:
        """The session at a path.

        Raises:
            NotASession: if there is none; names those near by.
        """
        with told(path):
            if (path / _HEADER).is_file() if path.is_dir() else False:
                return cls(path)
            if path.is_dir():
                what = f"{path} is a directory without a {_HEADER}, so it is not a session."
            elif path.exists():
                what = f"{path} is a file, not a session."
            else:
                what = f"There is no session at {path}."
        raise NotASession(what + _near(path))

    def read_header(self) -> bytes:
        """What the session was created with."""
        return unseal(read_whole(self.header), self.header)

    def round_path(self, branch: str, number: Number) -> Path:
        """The file of a round."""
        check_branch_name(branch)
        name = number if isinstance(number, str) else f"{number:03d}"
        return self.path / "rounds" / branch / f"{name}.msgpack"

    def write_round(self, branch: str, number: Number, payload: bytes) -> None:
        """Keep a round so that it survives a power failure."""
        path = self.round_path(branch, number)
        if not path.parent.is_dir():
            with told(path):
                make_directory(path.parent.parent)
                make_directory(path.parent)
                sync_directory(path.parent.parent)
        write_atomic(path, seal(payload))

    def read_round(self, branch: str, number: Number) -> bytes:
        """What was written of a round.

        Raises:
            Damaged: if it is missing, or not what was written.
        """
        path = self.round_path(branch, number)
        return unseal(read_whole(path), path)

    def rounds(self, branch: str) -> list[int]:
        """The numbers of the rounds on disk, ascending."""
        check_branch_name(branch)
        names = _names(self.path / "rounds" / branch)
        return sorted(int(match[1]) for match in map(_ROUND.fullmatch, names) if match)

    def branches(self) -> list[str]:
        """The names of the branches with files on disk, sorted."""
        return [name for name in _names(self.path / "rounds") if _BRANCH.fullmatch(name)]

    def write_checkpoint(self, payload: bytes, durable: bool = False) -> None:
        """Replace the checkpoint; unless `durable`, a power failure may cost it."""
        write_atomic(self.checkpoint, seal(payload), durable=durable)

    def read_checkpoint(self) -> bytes | None:
        """The checkpoint; None if there is none.

        Raises:
            Damaged: if it is not what was written.
        """
        with told(self.checkpoint):
            if not self.checkpoint.exists():
                return None
        return unseal(read_whole(self.checkpoint), self.checkpoint)

    def remove_checkpoint(self) -> None:
        """Forget the checkpoint and what is kept of the way, if there are any."""
        for path in (self.checkpoint, self.way):
            with told(path):
                path.unlink(missing_ok=True)

    def write_way(self, payload: bytes) -> None:
        """Replace what is kept of the running round's way; a power failure may cost it."""
        write_atomic(self.way, seal(payload), durable=False)

    def read_way(self) -> bytes | None:
        """The running round's way; None if there is none.

        Raises:
            Damaged: if it is not what was written.
        """
        with told(self.way):
            if not self.way.exists():
                return None
        return unseal(read_whole(self.way), self.way)

    def leftovers(self) -> Iterator[Path]:
        """Unfinished files that a killed writer, or one at work, has left."""
        return self.path.rglob(f".*{TEMPORARY}")

    def remove_leftovers(self) -> None:
        """Remove unfinished files; only the holder of the lock knows that nobody is writing them."""
        for path in list(self.leftovers()):
            with told(path):
                path.unlink(missing_ok=True)

    def damaged_records(self) -> Iterator[Path]:
        """What opening the journal has kept aside."""
        return self.path.glob(f"{self.journal.stem}.damaged-*")

    @classmethod
    def _build(cls, path: Path, header: bytes) -> None:
        make_directory(path / "rounds")
        new = cls(path)
        write_atomic(new.journal, MAGIC)
        write_atomic(new.header, seal(header))


def _names(directory: Path) -> list[str]:
    with told(directory):
        try:
            return sorted(os.listdir(directory))
        except FileNotFoundError:
            return []


def _near(path: Path) -> str:
    names = [session.name for session in sessions_in(path.parent)]
    near = get_close_matches(path.name, names, n=3) or names[:5]
    others = f" and {len(names) - len(near)} more" if len(names) > len(near) else ""
    return f" Sessions there: {', '.join(near)}{others}." if near else ""
