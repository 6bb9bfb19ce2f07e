"""The directory of a session, and reading and writing its files.

A session appears whole, by one rename, or not at all. Every file but the journal and the lock is sealed here, so
callers pass and get bare payloads. `file_table` lists the files.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Self, final

from sessions.store.errors import Damaged, NewerSchema, NotASession, SessionExists, nearest, told
from sessions.store.file_table import BRANCH, TABLE, TEMPORARY, FileName, name_of
from sessions.store.files import make_directory, read_whole, write_atomic
from sessions.store.journal_records import MAGIC
from sessions.store.ledger import Ledger, digest
from sessions.store.seals import Seal, seal, unseal
from sessions.store.system import sync_directory
from sessions.store.whole_directory import whole_directory
from ticket_explorer.errors import InvalidValue, TicketError

SCHEMA = 1
"""The schema of sessions that this version writes, and the highest it reads."""

HEADER, CHECKPOINT, WAY = FileName("header"), FileName("checkpoint"), FileName("way")

_BRANCH = re.compile(BRANCH)


def check_schema(number: int, path: Path) -> None:
    """Refuse a schema that this version does not know.

    Raises:
        NewerSchema: with the advice to update.
    """
    if number > SCHEMA:
        raise NewerSchema(path, number, SCHEMA)


def check_branch_name(name: str) -> None:
    """Refuse a branch name that can't be a directory's.

    Raises:
        InvalidValue: with the names that a branch can have.
    """
    if not _BRANCH.fullmatch(name):
        expected = "a branch name of 1 to 64 letters, digits, spaces and . _ + -, beginning with a letter or digit"
        raise InvalidValue("$.branch.name", repr(name), expected)


def sessions_in(directory: Path) -> list[Path]:
    """The sessions directly in a directory, by name; empty if there is no such directory.

    Raises:
        DiskRefused: if it exists and can't be listed.
    """
    return [
        path for name in _names(directory) if not name.startswith(".") and _may_be_session(path := directory / name)
    ]


def _may_be_session(path: Path) -> bool:
    """Whether a directory holds a header, or has a session's name and can't be read."""
    return os.path.lexists(path / HEADER.place) or (
        path.suffix == ".session" and path.is_dir() and not os.access(path, os.R_OK | os.X_OK)
    )


@final
class SessionDirectory:
    """The files of one session. Only the holder of its lock may call what writes.

    Args:
        path: A directory that is known to be a session; see `create` and `open_for_reading`.
        ledger: What the journal says about the files; None trusts every intact file.
    """

    def __init__(self, path: Path, ledger: Ledger | None = None) -> None:
        self.path = path
        self.ledger = ledger
        self.header = self.path_of(HEADER)
        self.journal = self.path_of(FileName("journal"))
        self.frames = self.path_of(FileName("frames"))
        self.checkpoint = self.path_of(CHECKPOINT)
        self.way = self.path_of(WAY)
        self.lock = self.path_of(FileName("lock"))
        self.address = self.path_of(FileName("address"))

    def trusting(self, ledger: Ledger) -> "SessionDirectory":
        """The same files, checked against a ledger when read, and sealed with its session's id when written."""
        return SessionDirectory(self.path, ledger)

    @classmethod
    def create(cls, path: Path, header: bytes, session: str = "", shared: bool = False) -> Self:
        """Create a session with an empty journal and no rounds, private to its owner.

        Args:
            path: A free place; missing parents are created.
            header: The header's content, for `read_header`.
            session: The session's id, which its files' seals name.
            shared: Whether the directory's group may read and continue it; its mode records that.

        Raises:
            SessionExists: if something exists at `path`; it is left as it is.
            DiskFull: if there is no room.
        """
        with whole_directory(path) as building:
            if shared and not hasattr(os, "chown"):
                raise TicketError("This system has no groups of files, so no session can be shared with one.")
            if shared:
                os.chown(building, -1, path.parent.stat().st_gid)
                building.chmod(0o2770)
            cls._build(building, header, session)
        return cls(path)

    @classmethod
    def open_for_reading(cls, path: Path) -> Self:
        """The session at a path.

        Raises:
            NotASession: if there is none; the message names sessions nearby.
        """
        with told(path):
            if (path / HEADER.place).is_file() if path.is_dir() else False:
                return cls(path)
            if path.is_dir():
                what = f"{path} is a directory without a {HEADER.place}, so it is not a session."
            elif path.exists():
                what = f"{path} is a file, not a session."
            else:
                what = f"There is no session at {path}."
        raise NotASession(what + _near(path))

    def path_of(self, name: FileName) -> Path:
        """The path of a file; one of a renamed branch is where it was written."""
        return self.path / self._kept_as(name).place

    def _kept_as(self, name: FileName) -> FileName:
        return name if self.ledger is None else self.ledger.kept_as(name)

    def read(self, name: FileName) -> bytes:
        """The content of a file.

        Raises:
            Damaged: if it is missing, not what was written, or belongs elsewhere.
            Unrecorded: if the journal doesn't mention it.
        """
        name = self._kept_as(name)
        path = self.path / name.place
        try:
            data = read_whole(path)
            opened = unseal(data, path)
        except Damaged as error:
            raise Damaged(path, error.what, TABLE[name.kind].remedy) from None
        if self.ledger is not None:
            self.ledger.check(path, name, data, opened.seal)
        return opened.payload

    def write(self, name: FileName, payload: bytes, durable: bool = True) -> str:
        """Write a file; unless `durable`, a power failure may cost it. Returns its SHA-256."""
        if "{branch}" in TABLE[name.kind].place:
            check_branch_name(name.branch)
        name = self._kept_as(name)
        sealed = seal(payload, Seal.of(self.ledger.session if self.ledger is not None else "", name))
        return self._keep(self.path_of(name), sealed, durable)

    def copy(self, source: Path, name: FileName) -> tuple[str, Seal | None]:
        """Keep another session's file unchanged, with its seal; returns its SHA-256 and its identity there."""
        check_branch_name(name.branch)
        data = read_whole(source)
        who = unseal(data, source).seal
        return self._keep(self.path_of(name), data, durable=True), who

    def _keep(self, path: Path, data: bytes, durable: bool) -> str:
        if not path.parent.is_dir():
            with told(path):
                make_directory(path.parent.parent)
                make_directory(path.parent)
                sync_directory(path.parent.parent)
        write_atomic(path, data, durable=durable)
        return digest(data)

    def read_header(self) -> bytes:
        """The content of the header that the session was created with."""
        return self.read(HEADER)

    def read_round(self, branch: str, number: int) -> bytes:
        """The content of a finished round's file; raises what `read` does."""
        return self.read(round_name(branch, number))

    def round_path(self, branch: str, number: int) -> Path:
        """The file of a round."""
        return self.path_of(round_name(branch, number))

    def rounds(self, branch: str) -> list[int]:
        """The numbers of the rounds on disk, ascending."""
        check_branch_name(branch)
        folder = PurePosixPath(self.round_path(branch, 0).parent.relative_to(self.path))
        names = map(name_of, (folder / name for name in _names(self.path / folder)))
        return sorted(name.number for name in names if name is not None and name.kind == "round")

    def branches(self) -> list[str]:
        """The names of the branches with files on disk, sorted."""
        return [name for name in _names(self.path / "rounds") if _BRANCH.fullmatch(name)]

    def write_checkpoint(self, payload: bytes, durable: bool = False) -> None:
        """Replace the checkpoint; unless `durable`, a power failure may cost it."""
        self.write(CHECKPOINT, payload, durable)

    def read_checkpoint(self) -> bytes | None:
        """The checkpoint; None if there is none.

        Raises:
            Damaged: if it is not what was written, or another session's.
        """
        return self.read(CHECKPOINT) if os.path.lexists(self.checkpoint) else None

    def remove_checkpoint(self) -> None:
        """Remove the checkpoint and the samples of the way, if there are any."""
        for path in (self.checkpoint, self.way):
            with told(path):
                path.unlink(missing_ok=True)

    def write_way(self, payload: bytes) -> None:
        """Replace the samples of the running round's way; a power failure may cost them."""
        self.write(WAY, payload, durable=False)

    def read_way(self) -> bytes | None:
        """The samples of the running round's way; None if there are none.

        Raises:
            Damaged: if it is not what was written, or another session's.
        """
        return self.read(WAY) if os.path.lexists(self.way) else None

    def leftovers(self) -> Iterator[Path]:
        """Unfinished files of a writer that was killed or is still writing."""
        return self.path.rglob(f".*{TEMPORARY}")

    def remove_leftovers(self) -> None:
        """Remove unfinished files; only the holder of the lock can be sure that no process is writing them."""
        for path in list(self.leftovers()):
            with told(path):
                path.unlink(missing_ok=True)

    @classmethod
    def _build(cls, path: Path, header: bytes, session: str) -> None:
        make_directory(path / "rounds")
        new = cls(path, Ledger(session))
        write_atomic(new.journal, MAGIC)
        new.write(HEADER, header)


def renamed(path: Path, name: str) -> Path:
    """Give a session that nobody has open another name; returns its new path, beside the old one.

    Raises:
        InvalidValue: if no directory can have that name.
        SessionExists: if it is taken.
    """
    if not name or Path(name).name != name:
        raise InvalidValue("name", repr(name), "a name without slashes")
    new = path.with_name(f"{name.removesuffix('.session')}.session")
    if os.path.lexists(new):
        raise SessionExists(new)
    with told(path):
        path.rename(new)
    return new


def round_name(branch: str, number: int) -> FileName:
    """The file of a finished round."""
    check_branch_name(branch)
    return FileName("round", branch, number)


def _names(directory: Path) -> list[str]:
    with told(directory):
        try:
            return sorted(os.listdir(directory))
        except FileNotFoundError:
            return []


def _near(path: Path) -> str:
    try:
        names = [session.name for session in sessions_in(path.parent)]
    except TicketError:
        return ""
    return nearest("Sessions", path.name, names)
