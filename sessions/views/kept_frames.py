"""Weight samples kept for plots of the past: a file next to the journal; losing it costs only pictures.

Its first record says which session it belongs to.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from sessions.messages import events
from sessions.messages.records import AnyEvent, decode_record
from sessions.store import SessionDirectory
from sessions.store.errors import UNREADABLE
from sessions.store.journal_records import payloads_of, read_records
from sessions.views.event_checks import Nonsense, check
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError


@dataclass
class KeptFrames:
    """The frames of a session that are not in its view yet."""

    session: str = ""
    """The id of the session that they belong to."""
    waiting: dict[tuple[str, int], deque[events.Frame]] = field(default_factory=dict)
    """By branch and round."""

    @classmethod
    def of(cls, directory: SessionDirectory) -> "KeptFrames":
        """The frames on disk; none if the file can't be read."""
        kept = cls()
        with suppress(TicketError):
            for payload in payloads_of(directory.frames):
                for event in _decoded(payload):
                    kept._take(event)
        return kept

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, events.Opened):
            self.session = event.session
        elif isinstance(event, events.Frame):
            self.waiting.setdefault((event.branch, event.round), deque()).append(event)

    def after(self, block: events.Generations, view: SessionView) -> Iterator[events.Frame]:
        """The frames that were taken in a block of generations which the view has; each is in the view already."""
        waiting = self.waiting.get((block.branch, block.round))
        while waiting and waiting[0].generation <= block.first + block.count and self.session == view.ledger.session:
            frame = waiting.popleft()
            try:
                check(view, frame)
            except Nonsense:
                continue
            view.apply(frame)
            yield frame

    def put_back(self, event: events.RoundDropped, view: SessionView) -> None:
        """Before a round is dropped: take frames back that are of the one that begins in its place."""
        branch = view.branches.get(event.branch)
        round_ = branch.rounds.get(event.round) if branch is not None else None
        later = [frame for frame in round_.frames if frame.at > event.at] if round_ is not None else []
        self.waiting.setdefault((event.branch, event.round), deque()).extendleft(reversed(later))


class GrowingFrames:
    """The frames of a session that somebody else runs, read on as their file grows."""

    def __init__(self, directory: SessionDirectory) -> None:
        """Nothing is read yet."""
        self._file, self._kept, self._end = directory.frames, KeptFrames(), 0

    def take(self, view: SessionView) -> None:
        """Have a view take in the frames that came since, of generations that it has."""
        with suppress(TicketError):
            found = read_records(self._file, start=self._end)
            self._end = found.end
            for payload in found.payloads:
                for event in _decoded(payload):
                    self._kept._take(event)
        for (name, number), waiting in self._kept.waiting.items():
            round_ = view.round(name, number) if name in view.branches else None
            while round_ is not None and waiting and waiting[0].generation <= round_.done:
                self._show(view, waiting.popleft())

    def _show(self, view: SessionView, frame: events.Frame) -> None:
        with suppress(Nonsense):
            if self._kept.session == view.ledger.session:
                check(view, frame)
                view.apply(frame)


def _decoded(payload: memoryview) -> list[AnyEvent]:
    try:
        return decode_record(payload)
    except UNREADABLE:
        return []
