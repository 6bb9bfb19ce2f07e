"""Studies: the list of them, and one study's cells with their ticket curves laid over each other."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import DataTable, Static

from sessions.studies.study import Study
from sessions.studies.study_dir import SUFFIX, studies_in
from ticket_explorer.errors import TicketError
from ticket_explorer.places import studies_dir
from widgets.plots.cell_table import CellRow, cell_rows, summed_up
from widgets.terminal.actions import bindings
from widgets.terminal.key_line import KeyLine
from widgets.terminal.screens.handing_over import hand_over

if TYPE_CHECKING:
    from widgets.plots.figure import Figure

REFRESH_SECONDS = 3.0
AT_ONCE = 100
"""Rows that are added before the screen is drawn."""
_NONE = """[b]No studies yet.[/b]

A study is a grid of sessions that ask one question. Start one in a shell:

  ticket-explorer study run lange-2023-small
  ticket-explorer study list[dim]               what comes with the package[/dim]"""
_COLUMNS = ("", "cell", "state", "rounds", "kept", "score", "ticket curve", "left")
_STATES = {"running": "green", "finished": "cyan", "paused": "yellow", "stopped": "yellow", "failed": "red"}


class Rows(DataTable[Text]):
    """A table whose enter the footer names."""

    BINDINGS = [Binding("enter", "select_cursor", "Open")]


class Studies(Screen[None]):
    """The user's studies."""

    BINDINGS = bindings("studies")

    def compose(self) -> ComposeResult:
        """The list, or an invitation."""
        yield Static(Text.assemble(("Studies", "bold"), ("  grids of sessions", "dim")), id="title")
        yield Rows(cursor_type="row", id="studies")
        yield Static(_NONE, id="invitation")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the headings, then the studies."""
        self.query_one(Rows).add_columns("study", "cells", "finished", "failed", "axes")
        self.action_refresh_studies()

    @work(exclusive=True, thread=True, group="list")
    def action_refresh_studies(self) -> None:
        """Read the studies from disk."""
        hand_over(self, self._take, [_in_list(path) for path in studies_in(studies_dir())])

    def _take(self, found: list[tuple[Path, list[str]]]) -> None:
        table = self.query_one(Rows)
        table.display, self.query_one("#invitation").display = bool(found), not found
        place = table.cursor_row
        table.clear()
        for path, words in found:
            table.add_row(*map(Text, words), key=str(path))
        table.move_cursor(row=place)
        if found:
            table.focus()

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Enter, or a click, on a study."""
        try:
            study = Study.open(str(message.row_key.value))
        except TicketError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.app.push_screen(StudyScreen(study))

    def action_close_studies(self) -> None:
        """Back to the sessions."""
        self.app.pop_screen()


class StudyScreen(Screen[None]):
    """A study's cells, and the ticket curves of the marked ones, or of the one under the cursor.

    Args:
        study: The study, which may run meanwhile.
    """

    BINDINGS = bindings("study")

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.study = study
        self.marked: list[str] = []
        self._rows: list[CellRow] = []

    def compose(self) -> ComposeResult:
        """The grid of cells, why one failed, and the chart."""
        yield Static(id="title")
        yield Rows(cursor_type="row", id="cells")
        yield Static(id="why")
        yield Container(id="overlay")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the headings, and look again at intervals."""
        table = self.query_one(Rows)
        for name in _COLUMNS:
            table.add_column(name, key=name)
        table.focus()
        self.set_interval(REFRESH_SECONDS, self._refresh_if_seen)

    def on_screen_resume(self) -> None:
        """Show the cells, at first and after another screen."""
        self.action_refresh_study()

    def _refresh_if_seen(self) -> None:
        if self.app.screen is self:
            self.action_refresh_study()

    @work(exclusive=True, thread=True, group="cells")
    def action_refresh_study(self) -> None:
        """Read the study from disk."""
        try:
            self.study.reread()
            rows = cell_rows(self.study)
            said = summed_up(self.study, rows)
        except TicketError as error:
            rows, said = self._rows, str(error)
        hand_over(self, self._take, rows, said)

    def _take(self, rows: list[CellRow], said: str) -> None:
        name = self.study.title or self.study.name
        self.query_one("#title", Static).update(Text.assemble((name, "bold"), (f"  {said}", "dim")))
        if rows != self._rows:
            self._rows = rows
            self._fill()
            self._draw()

    def _fill(self) -> None:
        table = self.query_one(Rows)
        place, scroll = table.cursor_row, table.scroll_y
        table.clear()
        self._add(0, max(AT_ONCE, place + 1))
        table.move_cursor(row=place)
        table.scroll_to(y=scroll, animate=False)

    def _add(self, first: int, count: int) -> None:
        """Add rows from `first` on: those that can be seen at once, others when there is time."""
        table = self.query_one(Rows)
        if table.row_count != first:  # filled anew meanwhile
            return
        for row in self._rows[first : first + count]:
            table.add_row(*self._cells(row), key=row.name)
        if first + count < len(self._rows):
            self.call_after_refresh(self._add, first + count, AT_ONCE)

    def _cells(self, row: CellRow) -> list[Text]:
        state = Text(row.state, style=_STATES.get(row.state, ""))
        numbers = (Text(words, justify="right") for words in (row.rounds, row.sparsest, row.score))
        mark = Text(str(self.marked.index(row.name) + 1) if row.name in self.marked else "")
        return [mark, Text(row.name), state, *numbers, Text(row.curve), Text(row.left, justify="right")]

    @property
    def _selected(self) -> CellRow | None:
        place = self.query_one(Rows).cursor_row
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def on_data_table_row_highlighted(self) -> None:
        """Say why the cell under the cursor failed, and draw it if none is marked."""
        row = self._selected
        why = self.query_one("#why", Static)
        why.update(Text(row.why if row else "", style="red"))
        why.display = bool(row and row.why)
        if not self.marked:
            self._draw()

    def on_data_table_row_selected(self) -> None:
        """Enter, or a click, on a cell: open its session."""
        row = self._selected
        if row is None:
            return
        if row.has_begun:
            self.app.open_session(self.study.cell(row.name).path)  # type: ignore[attr-defined]
        else:
            self.notify(row.why or f"Cell {row.name} has not begun yet.", markup=False)

    def action_mark_cell(self) -> None:
        """Lay the cell's ticket curve over those of the other marked cells, or take it away."""
        row = self._selected
        if row is not None:
            others = [name for name in self.marked if name != row.name]
            self.marked = others if row.name in self.marked else [*others, row.name]
            self._fill()
            self._draw()

    def action_unmark(self) -> None:
        """Mark no cell any more."""
        self.marked = []
        self._fill()
        self._draw()

    def action_close_study(self) -> None:
        """Back to the screen before."""
        self.app.pop_screen()

    def _draw(self) -> None:
        row = self._selected
        names = self.marked or ([row.name] if row else [])
        if names:
            self.call_after_refresh(self._overlay, names)  # the rows come first

    @work(exclusive=True, thread=True, group="overlay")
    def _overlay(self, names: list[str]) -> None:
        from widgets.plots.studies.overlay import overlay

        try:
            figure = overlay(self.study, names)
        except TicketError as error:
            hand_over(self, self._say, str(error))
            return
        hand_over(self, self._show, figure)

    def _say(self, trouble: str) -> None:
        self.notify(trouble, severity="error", markup=False)

    def _show(self, figure: "Figure") -> None:
        """Draw the figure; the chart, which needs NumPy, comes after the first picture."""
        from widgets.terminal.charts.chart import Chart

        charts = self.query(Chart)
        if charts:
            charts.first().show(figure)
        else:
            self.query_one("#overlay").mount(Chart(figure))


def _in_list(path: Path) -> tuple[Path, list[str]]:
    """A study's path and its line in the list; one that can't be read says why."""
    name = path.name.removesuffix(SUFFIX)
    try:
        study = Study.open(path)
    except TicketError as error:
        return path, [name, "", "", "", str(error)]
    finished = sum(cell.now.state == "finished" for cell in study.cells)
    counts = [len(study.cells), finished, len(study.view.failed)]
    return path, [name, *map(str, counts), " × ".join(study.axes)]
