"""A study in a notebook: its cells with state, score and ticket curve, and curves of several over each other."""

from html import escape
from pathlib import Path

import ipywidgets

from sessions.studies.study import Study as SavedStudy
from ticket_explorer.errors import TicketError
from widgets.notebook.style import STYLE
from widgets.notebook.watching import button, markup
from widgets.plots.cell_table import CellRow, cell_rows, summed_up
from widgets.plots.paper_figure import PaperFigure, figure
from widgets.plots.studies.overlay import overlay
from widgets.plots.svg import svg

_HEAD = ("cell", "state", "rounds", "kept", "score", "ticket curve", "left")
_STATES = {"running": "te-running", "paused": "te-paused", "finished": "te-finished", "failed": "te-failed"}


class Study(ipywidgets.VBox):
    """A study as it is now; *Look again* reads it anew, and nothing is run by it."""

    def __init__(self, study: "SavedStudy | str | Path") -> None:
        """Show a study.

        Args:
            study: A study, its path or its name.

        Raises:
            TicketError: if there is no such study, or it is damaged.
        """
        self.study = study if isinstance(study, SavedStudy) else SavedStudy.open(study)
        self._head, self._table, self._chart = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        names = [cell.name for cell in self.study.cells]
        wide = ipywidgets.Layout(width="24em", height="16em")
        self.cells = ipywidgets.SelectMultiple(options=names, value=names[:1], description="cells", layout=wide)
        self.cells.observe(lambda change: self._draw(), names="value")
        again = button("Look again", "Read the study from disk", self.look, "refresh")
        super().__init__(
            [ipywidgets.HBox([self._head, again]), self._table, ipywidgets.HBox([self.cells, self._chart])]
        )
        self.look()

    def look(self) -> None:
        """Read the study from disk, and show what it says."""
        try:
            self.study.reread()
            rows = cell_rows(self.study)
        except TicketError as error:
            self._head.value = f"{STYLE}{markup(str(error), 'te-alert')}"
            return
        name = markup(self.study.title or self.study.name, "te-name")
        self._head.value = f"{STYLE}{name} {escape(summed_up(self.study, rows))}"
        lines = "".join(map(_line, rows))
        heads = "".join(f"<th>{head}</th>" for head in _HEAD)
        self._table.value = f'<div class="te-journal" tabindex="0"><table><tr>{heads}</tr>{lines}</table></div>'
        self._draw()

    def figure(self, number: int) -> PaperFigure:
        """A figure of Lange & Sprekeler (2023), as `tx.figure(number, study)`.

        Raises:
            TicketError: if there is no such figure, or a session can't be read.
        """
        return figure(number, self.study)

    def _draw(self) -> None:
        try:
            self._chart.value = svg(overlay(self.study, self.cells.value), 560, 300) if self.cells.value else ""
        except TicketError as error:
            self._chart.value = markup(str(error), "te-alert")


def _line(row: CellRow) -> str:
    state = markup(row.state, _STATES.get(row.state, ""))
    words = (row.rounds, row.sparsest, row.score, row.curve, row.left)
    why = f"<tr><td></td><td colspan=6>{escape(row.why)}</td></tr>" if row.why else ""
    return f"<tr><td>{escape(row.name)}</td><td>{state}</td>{''.join(f'<td>{escape(w)}</td>' for w in words)}</tr>{why}"
