"""Home: the list of sessions, or an invitation to begin one."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import DataTable, Input, Static

from sessions.reports.session_list import Listing, SessionState
from sessions.serving.idle import end_idle
from sessions.specs.sources import DEFAULT
from sessions.store import renamed
from sessions.store.labels import label
from ticket_explorer.errors import TicketError
from widgets.shared.session_table import ARCHIVED
from widgets.shared.wording import about
from widgets.terminal.actions import bindings
from widgets.terminal.dialogs import ask
from widgets.terminal.key_line import KeyLine
from widgets.terminal.screens.handing_over import hand_over
from widgets.terminal.screens.session_list import SessionList

REFRESH_SECONDS = 3.0
SUBTITLE = "lottery tickets, found by evolution"
TAGS = "Tags, separated by spaces; -tag takes one off"
READING = "reading your sessions …"
FILTER = "any text, or task:pendulum state:running; enter keeps it, escape clears it"
_INVITATION = """[b]No sessions yet.[/b]

Watch a network lose 98% of its weights and still work:

  [b]d[/b]  start the default: Fashion-MNIST, three ways to prune{time}
  [b]o[/b]  watch a recorded session; nothing is computed
  [b]n[/b]  plan one of your own

[dim]? explains, ctrl+p finds everything, q leaves[/dim]"""


class Home(Screen[None]):
    """The list of sessions."""

    BINDINGS = bindings("home")
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._sessions: list[SessionState] = []
        self._listing = Listing()
        self._trouble = ""
        self._has_read = False
        self._default_takes: str | None = None

    def compose(self) -> ComposeResult:
        """The table and its filter, or the invitation."""
        yield Static(id="title")
        yield Input(placeholder=FILTER, id="filter", compact=True)
        yield Static(id="filter_trouble")
        yield SessionList()
        yield Static(_INVITATION.format(time=""), id="invitation")
        yield KeyLine()

    def on_mount(self) -> None:
        """Read the sessions again at intervals."""
        self._show()
        self.set_interval(REFRESH_SECONDS, self._refresh_if_seen)

    def on_screen_resume(self) -> None:
        """Read the sessions, at first and after another screen."""
        self.action_refresh()

    @work(exclusive=True, thread=True, group="list")
    def action_refresh(self) -> None:
        """Read the sessions from disk."""
        try:
            found, trouble = self._listing.known(), ""
        except TicketError as error:
            found, trouble = [], str(error)
        hand_over(self, self._take, found, trouble)

    def _refresh_if_seen(self) -> None:
        if self.app.screen is self:
            self.action_refresh()

    def _take(self, found: list[SessionState], trouble: str) -> None:
        if not found and self._default_takes is None and self.is_current:
            self._default_takes = ""
            self._assess()
        if (found, trouble, True) != (self._sessions, self._trouble, self._has_read):
            self._sessions, self._trouble, self._has_read = found, trouble, True
            self._invite()
            self._show()

    @work(thread=True, group="cost")
    def _assess(self) -> None:
        """Look how long the default takes on this machine; that takes half a second, and nobody waits for it."""
        from widgets.decisions.session_draft import Draft

        with suppress(TicketError):
            self._default_takes = f", {about(Draft(DEFAULT).cost().seconds)} here"
            hand_over(self, self._invite)

    def _invite(self) -> None:
        said = Text(self._trouble) if self._trouble else _INVITATION.format(time=self._default_takes or "")
        self.query_one("#invitation", Static).update(said)

    def _show(self) -> None:
        table, empty = self.query_one(SessionList), not self._sessions
        table.display, self.query_one("#invitation").display = not empty, empty and self._has_read
        table.take(self._sessions)
        self._say_order()
        if not empty and self.focused is None:
            table.focus()

    def _say_order(self) -> None:
        said = self.query_one(SessionList).order if self._sessions else SUBTITLE if self._has_read else READING
        self.query_one("#title", Static).update(Text.assemble(("Ticket Explorer", "bold"), (f"  {said}", "dim")))

    @property
    def _selected(self) -> Path | None:
        session = self.query_one(SessionList).selected
        return None if session is None else Path(session.path)

    def on_data_table_header_selected(self) -> None:
        """Say what the list, whose heading was clicked, is sorted by."""
        self.call_after_refresh(self._say_order)

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

    def action_studies(self) -> None:
        """Show the studies."""
        from widgets.terminal.screens.studies import Studies

        self.app.push_screen(Studies())

    def action_new(self) -> None:
        """Plan a new session."""
        from widgets.terminal.screens.new_session import NewSession

        self.app.push_screen(NewSession())

    def action_start_default(self) -> None:
        """Start the embedded default."""
        from ticket_explorer import presets

        self.app.start_session(presets.load(DEFAULT), DEFAULT, run=True)  # type: ignore[attr-defined]

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
        if not name:
            return
        if await self._is_free(path):
            try:
                renamed(path, name)
            except TicketError as error:
                self.notify(str(error), severity="error", markup=False)
            self.action_refresh()

    async def _is_free(self, path: Path) -> bool:
        """Whether no engine has a session, or one that only waited and was ended; says so if not."""
        is_free = await end_idle(path, "terminal")
        if not is_free:
            self.notify("An engine has this session open; open it and stop the engine first.", severity="error")
        return is_free

    @work(group="dialog")
    async def action_delete(self) -> None:
        """Delete the marked sessions, or the one under the cursor, after asking."""
        paths = [Path(one.path) for one in self.query_one(SessionList).chosen]
        if not paths:
            return
        names = ", ".join(one.stem for one in paths[:5]) + (", …" if len(paths) > 5 else "")
        what = names if len(paths) == 1 else f"{len(paths)} sessions ({names})"
        choices = {"keep": "Keep them" if len(paths) > 1 else "Keep it", "delete": "Delete"}
        chosen = await self.app.push_screen_wait(ask.choice(f"Delete {what} permanently?", choices))
        for path in paths if chosen == "delete" else ():
            if await self._is_free(path):
                shutil.rmtree(path)
        self.action_refresh()

    def action_mark(self) -> None:
        """Mark the session under the cursor, and go to the next one."""
        self.query_one(SessionList).mark()
        self._say_order()

    @work(group="dialog")
    async def action_tag(self) -> None:
        """Ask for tags, and put them on the marked sessions, or on the one under the cursor."""
        chosen = self.query_one(SessionList).chosen
        if not chosen:
            return
        known = " ".join(chosen[0].tags) if len(chosen) == 1 else ""
        said = await self.app.push_screen_wait(ask.line(TAGS, known))
        for one in chosen if said is not None else ():
            given = (said or "").split()
            off = [tag for tag in one.tags if tag not in given] if len(chosen) == 1 else []
            add = [tag for tag in given if not tag.startswith("-")]
            self._label(one, add, [*off, *(tag[1:] for tag in given if tag.startswith("-"))])
        self.action_refresh()

    def action_archive(self) -> None:
        """Archive the marked sessions, or the one under the cursor; those that are archived come back."""
        for one in self.query_one(SessionList).chosen:
            self._label(one, archived=not one.archived)
            self.notify(f"{one.name} is {'back' if one.archived else f'archived; /{ARCHIVED} shows it'}.", markup=False)
        self.query_one(SessionList).unmark()
        self.action_refresh()

    def _label(self, one: SessionState, add: Sequence[str] = (), off: Sequence[str] = (), **how: bool) -> None:
        try:
            label(Path(one.path), add, off, **how)
        except TicketError as error:
            self.notify(str(error), severity="error", markup=False)

    def action_sort(self, step: int) -> None:
        """Sort by the next column, or the one before."""
        self.query_one(SessionList).sort_by_next(step)
        self._say_order()

    def action_sort_reverse(self) -> None:
        """Sort the other way round."""
        self.query_one(SessionList).turn_round()
        self._say_order()

    def action_filter(self) -> None:
        """Show the filter."""
        field = self.query_one("#filter", Input)
        field.add_class("-open")
        field.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter as a person types, and say why that can't be."""
        trouble = self.query_one(SessionList).filter(message.value)
        self._say_order()
        said = self.query_one("#filter_trouble", Static)
        said.update(Text(trouble))
        said.display = bool(trouble)

    def on_input_submitted(self) -> None:
        """Keep the filter, and go back to the list."""
        self.query_one(SessionList).focus()

    def key_escape(self) -> None:
        """Clear the filter."""
        field = self.query_one("#filter", Input)
        field.value = ""
        field.remove_class("-open")
        self.query_one(SessionList).focus()
