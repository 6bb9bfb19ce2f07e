"""A spec as a table of fields; what differs is marked by a sign and by weight, not only by colour."""

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from widgets.plots.spec_panel import SpecTable, written

_MARK = "≠"


class SpecPanel(VerticalScroll, can_focus=True):
    """Fields, and two values of each."""

    DEFAULT_CSS = """
    SpecPanel {
        scrollbar-size-vertical: 1;
    }
    """

    def compose(self) -> ComposeResult:
        """Room for the table of fields."""
        yield Static()

    def show(self, table: SpecTable) -> None:
        """Show another table; it stays scrolled where it is."""
        self.query_one(Static).update(_drawn(table) if table.rows else Text(table.note))


def _drawn(table: SpecTable) -> Table:
    """What differs first; two values of a field share a column, so that there is room for names."""
    drawn = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        drawn.add_column(overflow="fold")
    drawn.add_row("", Text("field", "bold"), Text(" ← ".join(filter(None, table.heads)), "bold"))
    for row in sorted(table.rows, key=lambda row: not row.differs):
        sign, style = (_MARK, "bold") if row.differs else ("", "dim")
        values = f"{written(row.here)} ← {written(row.there)}" if row.differs else written(row.here)
        drawn.add_row(*(Text(cell, style) for cell in (sign, row.path, values)))
    return drawn
