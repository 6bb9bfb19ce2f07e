"""Takes events to the journal, the view and the viewers, in this order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sessions.messages import events
from sessions.messages.records import encode, encode_record
from sessions.store import JournalFile
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError

Subscriber = Callable[[events.Event, bool], None]
"""Called with an event and whether it was kept."""


class Announcer:
    """Journals the events of one session, and sends them to its subscribers.

    Args:
        journal: Where events are kept.
        frames: Where frames are kept; they are large, and only pictures depend on them.
        view: Takes in every event.
    """

    def __init__(self, journal: JournalFile, frames: JournalFile, view: SessionView) -> None:
        self._journal, self._frames, self._view = journal, frames, view
        self._subscribers: dict[Subscriber, bool] = {}
        self._asked: tuple[events.CommandReceived, ...] = ()
        """The record of a command that is being carried out and has not journalled anything yet."""

    @property
    def wants_frames(self) -> bool:
        """Whether a viewer wants the frames between those that are kept."""
        return any(self._subscribers.values())

    def subscribe(self, subscriber: Subscriber, live_frames: bool) -> None:
        """Send a subscriber every event from now on."""
        self._subscribers[subscriber] = live_frames

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """End a subscription."""
        self._subscribers.pop(subscriber, None)

    @contextmanager
    def asked(self, received: events.CommandReceived) -> Iterator[None]:
        """While a command is carried out: journal who asked for it before its first event.

        If it is refused before any event, it was never received.
        """
        self._asked = (received,)
        try:
            yield
            if self._asked:
                self._keep(*self._asked)
        finally:
            self._asked = ()

    def emit(self, *told: events.Event) -> None:
        """Journal events in one record, apply them, and send them; decisions are on disk for good before that.

        Raises:
            TicketError: if they can't be written; then no subscriber has heard of any.
        """
        if told:
            self._keep(*self._asked, *told)

    def keep_frame(self, frame: events.Frame) -> None:
        """Keep a frame for plots of the past, and send it.

        Raises:
            TicketError: if it can't be written.
        """
        self._frames.append(encode(frame))
        self._spread((frame,))

    def emit_if_possible(self, event: events.Event) -> None:
        """Send an event even if it can't be written: viewers hear that the session rests, and why."""
        try:
            self.emit(event)
        except TicketError:
            self.emit_live(event)

    def emit_live(self, event: events.Event) -> None:
        """Apply and send an event that is not journalled."""
        self._view.apply_live(event)
        for subscriber in tuple(self._subscribers):
            subscriber(event, False)

    def _keep(self, *told: events.Event) -> None:
        self._journal.append(encode_record(*told), durable=any(event.must_last for event in told))
        self._asked = ()
        self._spread(told)

    def _spread(self, told: tuple[events.Event, ...]) -> None:
        for event in told:
            self._view.apply(event)
        for event in told:
            for subscriber in tuple(self._subscribers):
                subscriber(event, True)
