"""Figures and reports of a session, which the faces make: asked for through the front door, which knows them all."""

from pathlib import Path
from typing import Any, Protocol

import ticket_explorer


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
        return ticket_explorer.figure(kind, self.path, **look)

    def report(self, path: str | Path) -> None:
        """Write what is journalled as one HTML page: rounds, figures, history, how to reproduce it.

        Args:
            path: The file to write; it ends in .html.

        Raises:
            TicketError: if it can't be written.
        """
        ticket_explorer.report(self.path, path)
