"""What events amount to."""

from collections.abc import Iterable

from sessions.messages import events
from sessions.views.session_view import SessionView


def fold(stream: Iterable[events.Event]) -> SessionView:
    """The view of a stream of events."""
    view = SessionView()
    for event in stream:
        view.apply(event)
    return view
