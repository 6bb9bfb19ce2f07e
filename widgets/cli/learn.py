"""`learn`: guided tours inside the app."""

from pathlib import Path
from typing import Annotated

import typer

from ticket_explorer.errors import TicketError
from widgets.cli import completion
from widgets.cli.app import session_path, told
from widgets.cli.in_terminal import require_terminal
from widgets.cli.output import print_json, say, write
from widgets.shared.gallery import recording
from widgets.tours import places
from widgets.tours.tour import Tour, tour_called, tours


def _numbers() -> list[str]:
    return list(tours())


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(learn)


@told
def learn(
    lesson: Annotated[
        str | None, typer.Argument(help="The lesson's number; without one, they are listed.", autocompletion=_numbers)
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(help="A session to hold it on, by path or name.", autocompletion=completion.sessions),
    ] = None,
    recorded: Annotated[bool, typer.Option("--recorded", help="Hold it on a recorded session.")] = False,
    again: Annotated[bool, typer.Option("--again", help="From the first step, with a new session.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The list as JSON.")] = False,
) -> None:
    """Take a guided tour of a session, or list the tours.

    A tour comes back where it was left, with its session. Its numbers are computed from the session on the screen.
    """
    if lesson is None:
        _list(json)
        return
    tour = tour_called(lesson)
    if sum((session is not None, recorded, again)) > 1:
        raise TicketError("--session, --recorded and --again exclude each other: each names where the lesson starts.")
    if recorded and not tour.recording:
        known = ", ".join(number for number, one in tours().items() if one.recording)
        raise TicketError(f"No recorded session suits lesson {lesson}; there is one for: {known}.")
    path = recording(tour.recording).path if recorded else None if session is None else session_path(session)
    require_terminal("without a lesson, learn lists them.")
    if again:
        places.save(lesson, places.Place())
    _show(lesson, path, recorded)


def _show(lesson: str, path: Path | None, recorded: bool) -> None:
    from widgets.terminal.app import TicketExplorer

    TicketExplorer(path, replay=recorded, lesson=lesson).run()


def _list(as_json: bool) -> None:
    known = places.load().tours
    if as_json:
        print_json([_row(number, tour, known.get(number)) for number, tour in tours().items()])
        return
    for number, tour in tours().items():
        place = known.get(number)
        at = f"  (at step {place.step + 1} of {len(tour.step)})" if place is not None else ""
        write(f"{number}  {tour.title}, {tour.minutes} minutes{at}")
        write(f"   {tour.about}")
    say("Begin with: ticket-explorer learn 1")


def _row(number: str, tour: Tour, place: places.Place | None) -> dict[str, object]:
    return {
        "lesson": number,
        "title": tour.title,
        "about": tour.about,
        "minutes": tour.minutes,
        "steps": len(tour.step),
        "step": None if place is None else place.step + 1,
        "session": None if place is None or not place.session else place.session,
    }
