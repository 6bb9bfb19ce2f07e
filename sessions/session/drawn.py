"""Figures and reports of a session. Faces make them, which no session knows: entry points name them."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, cast

from ticket_explorer.errors import TicketError

FACES = "ticket_explorer.faces"
"""The group of the entry points."""


class Picture(Protocol):
    """A figure for a paper; notebooks show it."""

    def save(self, path: str | Path) -> None:
        """Write it to a file that ends in .png, .svg or .pdf."""

    def to_matplotlib(self) -> Any:
        """The same as matplotlib's figure, whose axes you may change."""


class Drawn:
    """A session that can be drawn."""

    path: Path

    def figure(self, kind: str, **look: Any) -> Picture:
        """A figure for a paper of what is journalled; needs matplotlib (extra `figures`).

        Args:
            kind: The kind, as for charts: `ticket_curve`, `correlation` …
            look: What `tx.figure` takes: `branches`, `round`, `size`, `dpi`, `title`, `style` …

        Raises:
            TicketError: if there is no such kind, branch or round.
        """
        return cast(Picture, _face("figure")(kind, self.path, **look))

    def report(self, path: str | Path) -> None:
        """Write what is journalled as one HTML page: rounds, figures, history, how to reproduce it.

        Args:
            path: The file to write; it ends in .html.

        Raises:
            TicketError: if it can't be written.
        """
        _face("report")(self.path, path)


def _face(name: str) -> Any:
    """What an entry point names.

    Raises:
        TicketError: if the package is not installed, but only lies there.
    """
    for found in entry_points(group=FACES, name=name):
        return found.load()
    raise TicketError(
        f"This installation does not say what makes a {name} of a session.",
        remedy=f"Install ticket-explorer with pip or uv, or use tx.{name}.",
    )
