"""How an event gets into the journal, into the view, and to whoever watches, in this order."""

from collections.abc import Callable

from sessions.messages import events
from sessions.store import JournalFile
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError

Subscriber = Callable[[events.Event, bool], None]
"""Called with an event and whether it was journalled."""


class Announcer:
    """Tells everybody what happens in one session."""

    def __init__(self, journal: JournalFile, view: SessionView) -> None:
        self._journal, self._view = journal, view
        self._subscribers: dict[Subscriber, bool] = {}

    @property
    def wants_frames(self) -> bool:
        """Whether anybody wants frames between those that are journalled."""
        return any(self._subscribers.values())

    def subscribe(self, subscriber: Subscriber, live_frames: bool) -> None:
        """Have every event from now on."""
        self._subscribers[subscriber] = live_frames

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """End a subscription."""
        self._subscribers.pop(subscriber, None)

    def emit(self, event: events.Event) -> None:
        """Journal an event, apply it, and tell it.

        Raises:
            TicketError: if it can't be written; then nobody has heard of it.
        """
        self._journal.append(events.encode(event))
        self._view.apply(event)
        for subscriber in tuple(self._subscribers):
            subscriber(event, True)

    def emit_if_possible(self, event: events.Event) -> None:
        """Tell an event even if it can't be written."""
        try:
            self.emit(event)
        except TicketError:
            self._view.apply(event)
            self.emit_live(event)

    def emit_live(self, event: events.Event) -> None:
        """Apply and tell an event that is not journalled."""
        self._view.apply_live(event)
        for subscriber in tuple(self._subscribers):
            subscriber(event, False)
