"""The start of a guided tour: its session, and the panel at the step where a person left it."""

from pathlib import Path

from sessions.serving.launch import NewSession
from sessions.views.reading import default_path
from ticket_explorer import presets
from widgets.shared.session_link import EngineLink, Link, ReplayLink
from widgets.terminal.tour_panel import TourPanel
from widgets.tours import places
from widgets.tours.tour import Tour, tour_called

SPEED = 40.0
"""Times as fast as it happened: who joins late waits seconds where others waited minutes."""


def lesson_start(number: str, path: Path | None, replay: bool) -> tuple[Link, TourPanel]:
    """A tour and the link to its session.

    Args:
        number: The tour's number.
        path: A session to hold it on; None continues the tour's own if it is still there, or makes a new one.
        replay: Whether to replay the session's journal, from its beginning, as a person steps and plays it.

    Raises:
        TicketError: if there is no such tour, or the session can't be opened.
    """
    tour = tour_called(number)
    place = places.load().tours.get(number, places.Place())
    if path is not None and replay:
        return (link := ReplayLink(path, SPEED, held=True)), TourPanel(number, tour, place, link)
    if path is None and place.session and Path(place.session).is_dir():
        path = Path(place.session)
    made = _new(tour) if path is None else EngineLink(path, rests=True)
    if place.session != str(made.path):
        place = places.Place(session=str(made.path))
        places.save(number, place)
    return made, TourPanel(number, tour, place, made)


def _new(tour: Tour) -> EngineLink:
    table = presets.resolved(tour.session)
    return EngineLink(default_path(tour.title), False, NewSession(table))
