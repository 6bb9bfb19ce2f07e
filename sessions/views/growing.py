"""A journal that somebody else writes, read on as it grows; without a lock, and without JAX.

What was read is true for good, unless the file under it is another one: then reading begins anew.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import final

from sessions.messages import events
from sessions.store import SessionDirectory, read_records
from sessions.store.errors import Damaged
from sessions.views.reading import decoded, read_header, take
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError


class JournalReplaced(TicketError):
    """The journal no longer holds what was read of it: another session, or an older copy, took its place."""

    def __init__(self, path: Path):
        super().__init__(f"{path} no longer holds what was read of it.", remedy="Read it again from its beginning.")


@final
class GrowingJournal:
    """Reads a session's journal on.

    Args:
        path: The session's directory.

    Raises:
        TicketError: if it is not a session, or its header is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.directory = SessionDirectory.open_for_reading(path)
        self.header = read_header(self.directory)
        self.view = SessionView()
        """Of all events that were read."""
        self._end = self._unfinished = 0

    def news(self) -> Iterator[events.Event]:
        """The events that came since; each is in the view already.

        Raises:
            JournalReplaced: if the file is shorter than it was, or goes on with something else.
            Damaged: if an event can't be true, or header and journal are of two sessions.
        """
        journal = self.directory.journal
        try:
            found = read_records(journal, start=self._end)
        except Damaged:
            if journal.is_file() and journal.stat().st_size < self._end:
                raise JournalReplaced(journal) from None
            raise
        if found.torn and not found.payloads and self._unfinished and not self._is_aligned():
            raise JournalReplaced(journal)
        is_first, self._end, self._unfinished = not self.view.versions, found.end, found.torn
        for event in decoded(found.payloads, journal):
            take(self.view, event, journal)
            yield event
        if is_first and self.view.versions:
            self.directory.trusting(self.view.ledger).read_header()

    def _is_aligned(self) -> bool:
        """Whether a record still ends where the last one that was read did."""
        return read_records(self.directory.journal, end=self._end).end == self._end


def rounds_told(event: events.Event) -> list[tuple[str, int]]:
    """The branches and rounds of whose training an event tells."""
    match event:
        case events.Generations() | events.Scored() | events.RoundFinished():
            return [(event.branch, event.round)]
        case events.BranchAdopted():
            return [(event.branch, told.number) for told in event.rounds]
    return []
