"""Home: the list of sessions, or an invitation to begin one."""

import shutil
from pathlib import Path

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Static

from sessions.reports.session_list import Listing, SessionState
from ticket_explorer.errors import TicketError
from widgets.plots.sparkline import sparkline
from widgets.shared.wording import score, share
from widgets.terminal.actions import bindings
from widgets.terminal.dialogs import ask

REFRESH_SECONDS = 3.0
_COLUMNS = ("session", "state", "rounds", "best, sparsest", "ticket curve", "task", "strategy")
"""The columns, most important first: the last ones are out of sight in a narrow terminal."""
_STATES = {"running": "green", "finished": "cyan", "paused": "yellow", "open, paused": "yellow"}
_SAID = {"stopped": "crashed; enter goes on", "open, paused": "paused, open"}
INVITATION = """[b]No sessions yet.[/b]

Watch a network lose 98% of its weights and still work:

  [b]d[/b]  start the default: Fashion-MNIST, three ways to prune, about two minutes
  [b]o[/b]  watch a recorded session; nothing is computed
  [b]n[/b]  plan one of your own

[dim]? explains, ctrl+p finds everything, q leaves[/dim]"""


class Sessions(DataTable[Text]):
    """The table of sessions; the footer names what enter does."""

    BINDINGS = [Binding("enter", "select_cursor", "Open")]


class Home(Screen[None]):
    """The list of sessions."""

    BINDINGS = bindings("home")
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._sessions: list[SessionState] = []
        self._listing = Listing()
        self._trouble = ""
        self._filter = ""

    def compose(self) -> ComposeResult:
        """The table and its filter, or the invitation."""
        yield Static(
            Text.assemble(("Ticket Explorer", "bold"), ("  lottery tickets, found by evolution", "dim")), id="title"
        )
        yield Input(placeholder="filter; enter keeps it, escape clears it", id="filter", compact=True)
        yield Sessions(cursor_type="row", zebra_stripes=False)
        yield Static(INVITATION, id="invitation")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Read the sessions, and read them again at intervals."""
        self.query_one(Sessions).add_columns(*_COLUMNS)
        self._show()
        self.action_refresh()
        self.set_interval(REFRESH_SECONDS, self._refresh_if_seen)

    def on_screen_resume(self) -> None:
        """Read the sessions again after another screen."""
        self.action_refresh()

    @work(exclusive=True, thread=True, group="list")
    def action_refresh(self) -> None:
        """Read the sessions from disk."""
        try:
            found, trouble = self._listing.known(), ""
        except TicketError as error:
            found, trouble = [], str(error)
        self.app.call_from_thread(self._take, found, trouble)

    def _refresh_if_seen(self) -> None:
        if self.app.screen is self:
            self.action_refresh()

    def _take(self, found: list[SessionState], trouble: str) -> None:
        if (found, trouble) != (self._sessions, self._trouble):
            self._sessions, self._trouble = found, trouble
            self.query_one("#invitation", Static).update(Text(trouble) if trouble else INVITATION)
            self._show()

    def _show(self) -> None:
        table, empty = self.query_one(Sessions), not self._sessions
        table.display, self.query_one("#invitation").display = not empty, empty
        row = table.cursor_row
        table.clear()
        for session in self._sessions:
            cells = _cells(session)
            if self._filter.lower() in " ".join(cell.plain for cell in cells).lower():
                table.add_row(*cells, key=session.path)
        table.move_cursor(row=min(row, max(table.row_count - 1, 0)))
        if not empty and self.focused is None:
            table.focus()

    @property
    def _selected(self) -> Path | None:
        table = self.query_one(Sessions)
        if not table.row_count or not table.display:
            return None
        return Path(str(table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value))

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Enter, or a click, on a row."""
        self.app.open_session(Path(str(message.row_key.value)))  # type: ignore[attr-defined]

    def action_open(self) -> None:
        """Open the session under the cursor."""
        if self._selected is not None:
            self.app.open_session(self._selected)  # type: ignore[attr-defined]

    def action_replay(self) -> None:
        """Replay the session under the cursor."""
        if self._selected is not None:
            self.app.open_session(self._selected, replay=True)  # type: ignore[attr-defined]

    def action_new(self) -> None:
        """Plan a new session."""
        from widgets.terminal.screens.new_session import NewSession

        self.app.push_screen(NewSession())

    def action_start_default(self) -> None:
        """Start the embedded default."""
        from ticket_explorer import presets

        self.app.start_session(presets.load("fashion"), "fashion", run=True)  # type: ignore[attr-defined]

    def action_demo(self) -> None:
        """Replay the recorded session of the package."""
        from widgets.terminal.recorded import recorded_session

        self.app.open_session(recorded_session(), replay=True, speed=4.0)  # type: ignore[attr-defined]

    @work(group="dialog")
    async def action_rename(self) -> None:
        """Give the session another name."""
        path = self._selected
        if path is None:
            return
        name = await self.app.push_screen_wait(ask.line("Another name for the session", path.stem))
        if name:
            self._rename(path, name)

    def _rename(self, path: Path, name: str) -> None:
        new = path.with_name(f"{Path(name).name}.session")
        state = next((s.state for s in self._sessions if s.path == str(path)), "")
        if new.exists():
            self.notify(f"A session {new.stem} already exists; choose another name.", severity="error", markup=False)
        elif state in ("running", "open, paused"):
            self.notify("An engine has this session open; stop it first.", severity="error")
        else:
            path.rename(new)
            self.action_refresh()

    @work(group="dialog")
    async def action_delete(self) -> None:
        """Delete the session under the cursor, after asking."""
        path = self._selected
        if path is None:
            return
        state = next((s.state for s in self._sessions if s.path == str(path)), "")
        if state in ("running", "open, paused"):
            self.notify("An engine has this session open; open it and stop the engine first.", severity="error")
            return
        choices = {"keep": "Keep it", "delete": "Delete"}
        if await self.app.push_screen_wait(ask.choice(f"Delete {path.stem} permanently?", choices)) == "delete":
            shutil.rmtree(path)
            self.action_refresh()

    def action_filter(self) -> None:
        """Show the filter."""
        field = self.query_one("#filter", Input)
        field.add_class("-open")
        field.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter as a person types."""
        self._filter = message.value
        self._show()

    def on_input_submitted(self) -> None:
        """Keep the filter, and go back to the list."""
        self.query_one(Sessions).focus()

    def key_escape(self) -> None:
        """Clear the filter."""
        field = self.query_one("#filter", Input)
        field.value = ""
        field.remove_class("-open")
        self.query_one(Sessions).focus()


def _cells(session: SessionState) -> list[Text]:
    best = f"{score(session.best_score)} @ {share(session.lowest_density)}" if session.lowest_density else "–"
    return [
        Text(session.name, "bold"),
        Text(_SAID.get(session.state, session.state), _STATES.get(session.state, "red")),
        Text(f"{session.rounds_done}/{session.rounds_planned}", justify="right"),
        Text(best),
        Text(sparkline(session.curve, 12, floor=0.0), "green"),
        Text(session.task),
        Text(session.strategy),
    ]
