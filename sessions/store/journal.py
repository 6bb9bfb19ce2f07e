"""The journal: records are appended to it and never changed.

Each record is one write, so a killed process leaves it whole, or unfinished at the very end of the file. Opening cuts
an unfinished record at the end. Anything worse is first copied aside: nothing is destroyed.
"""

import os
from pathlib import Path
from typing import Self, final

from sessions.store.errors import SessionExists, as_sentence, told
from sessions.store.files import write_all, write_atomic
from sessions.store.journal_records import MAGIC, frame, is_damage, read_records
from sessions.store.system import BINARY, sync

_REFUSED = -1
"""No file's size: cut whatever was written of a record, even if it is complete."""


@final
class JournalFile:
    """A journal open for appending, by the one process that holds the session's lock.

    Args:
        path: Where the file is on disk.
        descriptor: The file, open for writing, appending.
        offset: The end of its last whole record, and of the file.
        torn_bytes: How many bytes opening cut.
        kept_aside: Where they were copied to, if they were more than one unfinished record.
    """

    def __init__(
        self, path: Path, descriptor: int, offset: int, torn_bytes: int = 0, kept_aside: Path | None = None
    ) -> None:
        self.path = path
        self.offset = offset
        self.torn_bytes = torn_bytes
        self.kept_aside = kept_aside
        self._descriptor = descriptor
        self._pending = offset

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new empty journal, open for appending.

        Raises:
            SessionExists: if the file exists already; it is left as it is.
            DiskFull: if there is no room.
        """
        if path.exists():
            raise SessionExists(path)
        write_atomic(path, MAGIC)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a journal to append to, and cut from its end what is not a whole record.

        Raises:
            Damaged: if it is missing or is not a journal.
            DiskFull: if there is no room to copy damaged records aside; the file is left as it was.
        """
        _restore_magic(path)
        records = read_records(path)
        kept_aside = _keep_aside(path, records.end) if records.torn else None
        with told(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | BINARY)
            if records.torn:
                os.ftruncate(descriptor, records.end)
                sync(descriptor)
        return cls(path, descriptor, records.end, records.torn, kept_aside)

    def append(self, payload: bytes, durable: bool = False) -> int:
        """Append one record; readers see it at once, and it outlives this process.

        Args:
            payload: The record's content.
            durable: Wait until it, and all before it, would survive a power failure.

        Returns:
            The offset after it.

        Raises:
            DiskFull: if there is no room. The journal is as before, and works again once there is.
            ValueError: if the payload is empty.
        """
        record = frame(payload)
        self._settle()
        self._pending = self.offset + len(record)
        try:
            write_all(self._descriptor, record)
            if durable:
                sync(self._descriptor)
        except OSError as error:
            self._pending = _REFUSED
            raise as_sentence(self.path, error) from error
        finally:
            self._settle()
        return self.offset

    def sync(self) -> None:
        """Wait until everything appended would survive a power failure."""
        with told(self.path):
            sync(self._descriptor)

    def close(self) -> None:
        """Stop writing; closing twice does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _settle(self) -> None:
        """Count the record that was being written if it is complete; otherwise cut it."""
        if self._pending == self.offset:
            return
        with told(self.path):
            if os.fstat(self._descriptor).st_size == self._pending:
                self.offset = self._pending
            else:
                os.ftruncate(self._descriptor, self.offset)
                self._pending = self.offset


def _restore_magic(path: Path) -> None:
    """Make an empty journal again of a file that was cut within its magic."""
    with told(path):
        if not path.is_file() or path.stat().st_size >= len(MAGIC):
            return
        start = path.read_bytes()
    if MAGIC.startswith(start):
        write_atomic(path, MAGIC)


def _keep_aside(path: Path, offset: int) -> Path | None:
    """Copy the bytes from `offset` to a file next to the journal if they are damaged rather than unfinished."""
    with told(path), path.open("rb") as file:
        file.seek(offset)
        tail = file.read()
    if not is_damage(tail):
        return None
    name, copies = f"{path.stem}.damaged-{offset}", 1
    while (aside := path.with_name(name)).exists():
        copies += 1
        name = f"{path.stem}.damaged-{offset}-{copies}"
    write_atomic(aside, tail)
    return aside
