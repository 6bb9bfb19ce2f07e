"""The table of sessions: sorted by any column, and its cursor stays on its session whatever the order."""

from collections.abc import Sequence
from functools import partial

from rich.text import Text
from textual.binding import Binding
from textual.widgets import DataTable

from sessions.reports.session_list import SessionState
from ticket_explorer.errors import TicketError
from widgets.plots.sparkline import sparkline
from widgets.shared.session_table import COLUMNS, LATEST, matching, sorted_by, state_in_words
from widgets.shared.wording import counted

_SHOWN = (*list(COLUMNS)[:5], "ticket curve", *list(COLUMNS)[5:])
"""The columns, most important first: the last ones are out of sight in a narrow terminal."""
_STATES = {"running": "green", "finished": "cyan", "paused": "yellow"}


class SessionList(DataTable[Text]):
    """The user's sessions; the footer names what enter does."""

    BINDINGS = [Binding("enter", "select_cursor", "Open")]

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False)
        self._sessions: Sequence[SessionState] = ()
        self._sort, self._reverse = LATEST, False
        self._filter = ""
        self._marked = set[str]()
        """The paths of marked sessions."""

    def on_mount(self) -> None:
        """Show the headings."""
        self._head()

    @property
    def selected(self) -> SessionState | None:
        """The session under the cursor."""
        path = self._path_at_cursor
        return next((one for one in self._sessions if one.path == path), None)

    @property
    def chosen(self) -> list[SessionState]:
        """The marked sessions that are shown; without any, the one under the cursor."""
        shown = {key.value for key in self.rows}
        marked = [one for one in self._sessions if one.path in self._marked and one.path in shown]
        return marked or ([] if self.selected is None else [self.selected])

    def mark(self) -> None:
        """Mark the session under the cursor, or mark it no more, and go to the next one."""
        if (path := self._path_at_cursor) is not None:
            self._marked ^= {path}
            self._fill(path)
            self.action_cursor_down()

    def unmark(self) -> None:
        """Mark none any more."""
        self._marked.clear()
        self._fill(self._path_at_cursor)

    @property
    def order(self) -> str:
        """How the sessions shown are sorted, and how many there are, in words."""
        shown, known = self.row_count, len(self._sessions)
        count = counted(known, "session", "sessions") if shown == known else f"{shown} of {known} sessions"
        marked = len(self._marked & {key.value for key in self.rows})
        return f"{count} by {self._sort} {self._arrow}" + (f", {marked} marked" if marked else "")

    def take(self, known: Sequence[SessionState]) -> None:
        """Show other sessions."""
        self._sessions = known
        self._fill(self._path_at_cursor)

    def filter(self, text: str) -> str:
        """Show only sessions that match; returns why none can, if the text asks for what isn't there.

        Args:
            text: Words, or `field:text`.
        """
        before, self._filter = self._filter, text
        try:
            self._fill(self._path_at_cursor)
        except TicketError as error:
            self._filter = before
            return str(error)
        return ""

    def sort_by_next(self, step: int) -> None:
        """Sort by the column after, or before, the one that the list is sorted by."""
        names = list(COLUMNS)
        self._sort_by(names[(names.index(self._sort) + step) % len(names)])

    def turn_round(self) -> None:
        """Sort the other way round."""
        self._sort_by(self._sort)

    def on_data_table_header_selected(self, message: DataTable.HeaderSelected) -> None:
        """Sort by the column that was clicked; again, the other way round."""
        name = _SHOWN[message.column_index]
        if name in COLUMNS:
            self._sort_by(name)

    def _sort_by(self, name: str) -> None:
        self._reverse = not self._reverse if name == self._sort else False
        self._sort, at = name, self._path_at_cursor
        self.clear(columns=True)
        self._head()
        self._fill(at)

    def _head(self) -> None:
        for name in _SHOWN:
            arrow = f" {self._arrow}" if name == self._sort else ""
            self.add_column(Text(name + arrow, "bold" if arrow else ""), key=name)

    @property
    def _arrow(self) -> str:
        return "↓" if COLUMNS[self._sort].is_number != self._reverse else "↑"

    @property
    def _path_at_cursor(self) -> str | None:
        if not self.row_count:
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value

    def _fill(self, at: str | None) -> None:
        """Fill the rows again.

        Args:
            at: The path of the session that the cursor stays on; if it isn't shown any more, it stays on its row.
        """
        self._marked &= {one.path for one in self._sessions}
        rows = sorted_by(matching(self._sessions, self._filter.split()), self._sort, self._reverse)
        row = self.cursor_row
        self.clear()
        for one in rows:
            self.add_row(*map(partial(_cell, one, one.path in self._marked), _SHOWN), key=one.path)
        places = [one.path for one in rows]
        self.move_cursor(row=places.index(at) if at in places else min(row, max(len(rows) - 1, 0)))


def _cell(session: SessionState, is_marked: bool, name: str) -> Text:
    match name:
        case "session":
            return Text(f"● {session.name}" if is_marked else session.name, "bold reverse" if is_marked else "bold")
        case "state":
            return Text(state_in_words(session), _STATES.get(session.state, "red"))
        case "ticket curve":
            return Text(sparkline(session.curve, 12, floor=0.0), "green")
        case _:
            return Text(COLUMNS[name].words(session), justify="right" if COLUMNS[name].is_number else "left")
