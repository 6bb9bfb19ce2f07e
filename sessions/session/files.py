"""A session's files, open for the one process that drives it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
from msgspec import structs

from sessions.messages import events
from sessions.messages.records import encode
from sessions.store import JournalFile, SessionDirectory, SessionLock
from sessions.store.errors import told
from sessions.store.files import is_a_group_s, read_whole, write_atomic
from sessions.store.journal_records import MAGIC, frame
from sessions.store.ledger import digest
from sessions.store.session_dir import HEADER
from sessions.views.kept_frames import KeptFrames
from sessions.views.reading import Header, follow, read_header
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import RANDOM_BITS
from ticket_explorer.places import sessions_dir


@dataclass(frozen=True)
class Files:
    """The files that a session writes to, and the view of its journal so far."""

    directory: SessionDirectory
    """The directory, which trusts the view's ledger."""
    header: Header
    lock: SessionLock
    journal: JournalFile
    frames: JournalFile
    """The file of frames."""
    view: SessionView
    id: str
    """The session's id; one made by an early version has got an id now."""

    @classmethod
    def create(cls, header: Header, path: Path, shared: bool) -> Self:
        """The files of a new session, which gets its id; `shared` ones are the directory's group's too.

        So are those in the user's sessions directory, if it was given to a group.

        Raises:
            TicketError: if the place is taken, or there is no room.
        """
        header = structs.replace(header, id=secrets.token_hex(16))
        shared = shared or (path.parent == sessions_dir() and is_a_group_s(path.parent))
        directory = SessionDirectory.create(path, msgspec.msgpack.encode(header), header.id, shared)
        with _opened(directory) as (lock, journal):
            view = SessionView()
            frames = _frames(directory, view, header.id)
            return cls(directory.trusting(view.ledger), header, lock, journal, frames, view, header.id)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the files of a session on disk; unfinished files of a killed process are removed.

        Raises:
            TicketError: if it is not a session, another process runs it, or it is damaged.
        """
        directory = SessionDirectory.open_for_reading(path)
        header = read_header(directory)
        if header.random_bits != RANDOM_BITS:
            raise TicketError(
                f"{path} was made with random bits of another kind ({header.random_bits}) than this version's "
                f"({RANDOM_BITS}); it can be viewed, but not continued bit for bit."
            )
        with _opened(directory) as (lock, journal):
            view = SessionView()
            follow(directory, view)
            view.ledger.check_seals(directory.path)
            session = view.ledger.session or header.id or secrets.token_hex(16)
            frames = _frames(directory, view, session)
            return cls(directory.trusting(view.ledger), header, lock, journal, frames, view, session)

    @property
    def recovered(self) -> str | None:
        """A sentence on what had to be repaired, or nothing."""
        torn = self.journal.torn_bytes
        return f"{torn} bytes of an unfinished record were cut off." if torn else None

    def unrecorded(self) -> list[events.Sealed]:
        """The event that records a new session's header; none if the journal has it."""
        if not self.header.id or HEADER in self.view.ledger.files:
            return []
        return [events.Sealed(kind=HEADER.kind, sha256=digest(read_whole(self.directory.header)))]

    def close(self) -> None:
        """Stop writing, and let others write."""
        self.frames.close()
        self.journal.close()
        self.lock.release()


@contextmanager
def closed_on_error(files: Files) -> Iterator[None]:
    """Close the files again if something fails."""
    with ExitStack() as undo:
        undo.callback(files.close)
        yield
        undo.pop_all()


@contextmanager
def _opened(directory: SessionDirectory) -> Iterator[tuple[SessionLock, JournalFile]]:
    """Open the lock and the journal; they are closed if anything fails."""
    with ExitStack() as undo:
        lock = undo.enter_context(SessionLock(directory.lock))
        directory.remove_leftovers()
        journal = undo.enter_context(JournalFile.open(directory.journal))
        yield lock, journal
        undo.pop_all()


def _frames(directory: SessionDirectory, view: SessionView, session: str) -> JournalFile:
    """Open the file of frames, without those of generations that a power failure removed from the journal.

    A file that isn't this session's is put aside.
    """
    path, first = directory.frames, encode(events.Opened(versions={}, session=session))
    kept = KeptFrames.of(directory)
    if kept.session != session:
        _put_aside(path)
        write_atomic(path, MAGIC + frame(first))
    else:
        there = [one for frames in kept.waiting.values() for one in frames]
        known = [one for one in there if _is_known(one, view)]
        if len(known) < len(there):
            write_atomic(path, MAGIC + b"".join(map(frame, (first, *map(encode, known)))))
    return JournalFile.open(path)


def _is_known(taken: events.Frame, view: SessionView) -> bool:
    branch = view.branches.get(taken.branch)
    round_ = branch.rounds.get(taken.round) if branch is not None else None
    return round_ is not None and taken in round_.frames


def _put_aside(path: Path) -> None:
    """Rename a file that isn't this session's, unless it is empty."""
    with told(path):
        if path.is_file() and path.read_bytes() == MAGIC:
            return
        if os.path.lexists(path):
            aside = (path.with_name(f"{path.stem}.damaged-0-{copy}") for copy in range(2, 1_000_000))
            os.rename(path, next(place for place in aside if not os.path.lexists(place)))
