"""`lessons`: copies of the notebooks that teach, which come with the package."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from sessions.store.errors import told as told_of
from sessions.store.files import write_atomic
from ticket_explorer.errors import TicketError
from widgets.cli.app import told
from widgets.cli.output import say, write

_PACKAGE = Path(__file__).parents[1]
_PLACES = (_PACKAGE / "demos", _PACKAGE.parent / "demos")
"""Where they are in an installed package, and in the source tree."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(lessons)


@told
def lessons(
    directory: Annotated[Path, typer.Argument(help="Where to copy them; it is made if it is not there.")],
) -> None:
    """Copy the lessons, Jupyter notebooks, into a directory.

    Nothing is overwritten: if one of them is there already, nothing is copied.
    """
    found = known_lessons()
    taken = [lesson.name for lesson in found if (directory / lesson.name).exists()]
    if taken:
        raise TicketError(
            f"{directory} has {', '.join(taken)} already, and nothing was overwritten. Name another directory."
        )
    with told_of(directory):
        directory.mkdir(parents=True, exist_ok=True)
    for lesson in found:
        write_atomic(directory / lesson.name, lesson.read_bytes())
        write(str(directory / lesson.name))
    say(f"Open them with: jupyter lab {directory}")
    if find_spec("jupyterlab") is None or find_spec("anywidget") is None:
        say("Here they can't be run yet: pip install jupyterlab 'ticket-explorer[notebook]'")


def known_lessons() -> list[Path]:
    """The notebooks, in the order in which they are taught.

    Raises:
        TicketError: if this installation has none.
    """
    for place in _PLACES:
        if found := sorted(place.glob("[0-9]*_*.ipynb"), key=lambda path: int(path.name.partition("_")[0])):
            return found
    raise TicketError("This installation has no lessons; install Ticket Explorer again from its wheel.")
