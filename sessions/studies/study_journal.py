"""The journal of a study: records are appended by whoever runs it, several processes at once, and never changed.

Its bytes are those of a session's journal. A writer holds a lock for an instant, and reads first what others wrote
since; an unfinished record, which a killed writer left, is cut then.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import final

import msgspec

from sessions.store import read_records
from sessions.store.errors import UNREADABLE, Damaged, NewerSchema, as_sentence, told
from sessions.store.files import write_all
from sessions.store.journal_records import frame, is_damage
from sessions.store.system import BINARY, sync
from sessions.studies.locks import locked
from sessions.studies.records import DECODER, SCHEMA, AnyRecord, Planned

_ENCODER = msgspec.msgpack.Encoder()


@final
class StudyJournal:
    """A study's journal, read as far as it goes and appended to.

    Args:
        path: Where the journal is on disk.
        lock: The lock file of its writers.
    """

    def __init__(self, path: Path, lock: Path) -> None:
        self.path, self._lock = path, lock
        self._end = 0

    def news(self) -> list[AnyRecord]:
        """The records since the last look; no lock is taken.

        Raises:
            TicketError: if it is missing or damaged, or a newer version wrote it.
        """
        found = read_records(self.path, self._end)
        records = [self._decoded(payload) for payload in found.payloads]
        self._end = found.end
        return records

    def append(self, records: Iterable[AnyRecord]) -> list[AnyRecord]:
        """Append records, and return them after those that others wrote since the last look.

        Raises:
            DiskFull: if there is no room; the journal is as before.
            TicketError: if it is damaged, or can't be locked.
        """
        with locked(self._lock), told(self.path):
            known = self.news()
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | BINARY)
            try:
                self._cut(descriptor)
                self._write(descriptor, b"".join(frame(_ENCODER.encode(record)) for record in records))
                sync(descriptor)
            finally:
                os.close(descriptor)
            return [*known, *self.news()]

    def _cut(self, descriptor: int) -> None:
        """Cut what a killed writer left of a record."""
        with self.path.open("rb") as file:
            file.seek(self._end)
            tail = file.read()
        if is_damage(tail):
            raise Damaged(self.path, f"what follows byte {self._end} is no record")
        if tail:
            os.ftruncate(descriptor, self._end)

    def _write(self, descriptor: int, data: bytes) -> None:
        try:
            write_all(descriptor, data)
        except OSError as error:
            os.ftruncate(descriptor, self._end)
            raise as_sentence(self.path, error) from error

    def _decoded(self, payload: memoryview) -> AnyRecord:
        try:
            record: AnyRecord = DECODER.decode(payload)
        except UNREADABLE as error:
            raise Damaged(self.path, f"a record can't be read ({error})") from None
        if isinstance(record, Planned) and record.schema > SCHEMA:
            raise NewerSchema(self.path.parent, record.schema, SCHEMA)
        return record
