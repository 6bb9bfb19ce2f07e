"""The terminal app: screens, themes, keys; everything about sessions is in the screens.

Nothing here imports JAX, and only the explorer imports NumPy, so that the first picture appears at once.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events, work
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.filter import LineFilter
from textual.screen import Screen
from textual.worker import WorkerFailed

from sessions.messages.event import Event
from sessions.specs.spec import Table
from sessions.views.reading import default_path
from ticket_explorer.errors import TicketError
from widgets.shared import error_log
from widgets.terminal import settings
from widgets.terminal.actions import ACTIONS, bindings, scope_of
from widgets.terminal.printable_lines import PRINTABLE
from widgets.terminal.themes import THEMES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sessions.session.notifications import Notifications
    from widgets.shared.session_link import Link

ERRORS, ERROR_SECONDS = 3, 10.0
"""How many unexpected errors in how many seconds the app survives."""
SMALLEST = (60, 16)
"""The least columns and rows; a smaller terminal shows only a sentence."""


class TicketExplorer(App[None]):
    """Watch lottery tickets being found, and take part."""

    TITLE = "Ticket Explorer"
    CSS_PATH = "app.tcss"
    BINDINGS = bindings("everywhere")
    shows_errors = False
    """Whether unexpected errors are shown even without a terminal."""

    def __init__(
        self, session: Path | None = None, replay: bool = False, speed: float = 1.0, study: Path | None = None
    ) -> None:
        """Open a session, a study, or the list of sessions.

        Args:
            session: What to open at once; None shows the list of sessions.
            replay: Whether to replay its journal instead of joining its engine.
            speed: How many times faster than it happened a replay runs.
            study: A study to open at once.
        """
        super().__init__()
        self.remembered = settings.load()
        self._session, self._replay, self._speed, self._study = session, replay, speed, study
        self._wanted: Notifications | None = None
        self._errors: list[float] = []
        self._pump: asyncio.Task[object] | None = None
        for theme in THEMES:
            self.register_theme(theme)

    def ring(self, event: Event, title: str) -> None:
        """Have the terminal tell a person of an event, by the ways that `notifications.toml` names."""
        from sessions.session.notifications import escapes, notifications  # not before the first screen is painted

        with suppress(TicketError):  # a file that can't be read, which the journal says
            self._wanted = self._wanted or notifications()
            if (said := escapes(self._wanted, event, title)) and self._driver is not None:
                self._driver.write(said)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The filter of every drawn line: no name or title reaches the terminal raw."""
        return [*super().get_line_filters(), PRINTABLE]

    def on_mount(self) -> None:
        """Show the first screen."""
        self._pump = asyncio.current_task()
        known = self.remembered.theme in self.available_themes
        self.theme = self.remembered.theme if known else settings.Settings().theme
        self.theme_changed_signal.subscribe(self, self._remember_theme)
        try:
            self.set_keymap(settings.own_keys())
        except TicketError as error:
            self.notify(str(error), severity="warning", timeout=15, markup=False)
        self.go_home()
        if self._session is not None:
            self.open_session(self._session, self._replay, self._speed)
        if self._study is not None:
            self.open_study(self._study)

    def on_resize(self, event: events.Resize) -> None:
        """Show a sentence while there is too little room."""
        from widgets.terminal.screens.too_small import TooSmall

        is_small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        if is_small and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall(SMALLEST))
        elif not is_small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    def get_default_screen(self) -> Screen[None]:
        """The list of sessions."""
        from widgets.terminal.screens.home import Home

        return Home()

    def pop_screen(self) -> AwaitComplete:
        """Remove the topmost screen; its workers end first, so that none outlives the widgets it updates."""
        self.workers.cancel_node(self.screen)
        return super().pop_screen()

    def exit(self, result: None = None, return_code: int = 0, message: "RenderableType | None" = None) -> None:
        """End the app; all workers end first."""
        self.workers.cancel_all()
        super().exit(result, return_code, message)

    def go_home(self) -> None:
        """Leave all screens above the list of sessions."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def open_session(self, path: Path, replay: bool = False, speed: float = 1.0) -> None:
        """Show a session in the explorer."""
        from widgets.shared.session_link import EngineLink, ReplayLink

        try:
            link = ReplayLink(path, speed) if replay else EngineLink(path, rests=True)
        except TicketError as error:
            self.notify(str(error), title="Can't be opened", severity="error", timeout=15, markup=False)
            return
        self._explore(link)

    def open_study(self, path: Path) -> None:
        """Show a study's cells."""
        from sessions.studies.study import Study
        from widgets.terminal.screens.studies import StudyScreen

        try:
            study = Study.open(path)
        except TicketError as error:
            self.notify(str(error), title="Can't be opened", severity="error", timeout=15, markup=False)
            return
        self.push_screen(StudyScreen(study))

    def start_session(self, spec: Table, name: str, run: bool) -> None:
        """Make a session, start its engine, and show it in the explorer.

        Args:
            spec: The spec's table.
            name: The name that its directory's name is made from.
            run: Whether to run at once.
        """
        from sessions.serving.launch import NewSession
        from widgets.shared.session_link import EngineLink

        self.go_home()
        self._explore(EngineLink(default_path(name), run, NewSession(spec)))

    def action_help_panel(self) -> None:
        """Explain what is focused."""
        from widgets.terminal.screens.help import PanelHelp

        self.push_screen(PanelHelp(self.screen, settings_keys()))

    def action_help_keys(self) -> None:
        """Show all keys, of every screen."""
        from widgets.terminal.screens.help import AllKeys

        self.push_screen(AllKeys(settings_keys()))

    @work(group="leave")
    async def action_leave(self) -> None:
        """Leave; a running engine goes on, pauses or ends, as the person says."""
        from widgets.terminal.dialogs.leave import leave

        if await leave(self):
            self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action that can be done here, for the palette."""
        for action in ACTIONS:
            if action.scope in ("everywhere", scope_of(screen)):
                place = "app" if action.scope == "everywhere" else "screen"
                method = action.call or action.name
                if place == "screen" and not screen.check_action(method.partition("(")[0], ()):
                    continue
                call = f"{place}.{method}"
                yield SystemCommand(action.title, action.help, partial(self.run_action, call))
        yield SystemCommand("Theme", "Choose colours; some are colour-blind safe or ANSI.", self.action_change_theme)
        yield SystemCommand("Screenshot", "Save a picture of the screen as SVG.", self.deliver_screenshot)

    def _handle_exception(self, error: Exception) -> None:
        """Report an unexpected error in a dialog, without a traceback, and go on with the list of sessions.

        If the app itself can't go on, or errors keep coming, it ends with the sentence. Tests, which run without a
        terminal, get the error itself.
        """
        if self.is_headless and not self.shows_errors:
            super()._handle_exception(error)
            return
        said = error_log.keep(error.error if isinstance(error, WorkerFailed) else error)
        now = time.monotonic()
        self._errors = [*(at for at in self._errors if now - at < ERROR_SECONDS), now]
        if len(self._errors) > ERRORS or asyncio.current_task() is self._pump:
            self.exit(return_code=1, message=Text(said))
        else:
            self.call_later(self._say_error, said)

    def _say_error(self, said: str) -> None:
        from widgets.terminal.dialogs import ask

        choices = {"home": "Sessions", "leave": "Leave the app"}
        self.push_screen(ask.choice(said, choices), self._after_error)

    def _after_error(self, chosen: str | None) -> None:
        """Leave a screen whose code failed, for the list of sessions, if that still takes messages."""
        if chosen != "leave":
            self.go_home()
        if chosen == "leave" or not self.screen.is_running:
            self.exit(return_code=1)

    def _explore(self, link: "Link") -> None:
        from widgets.terminal.screens.explorer import Explorer

        self.push_screen(Explorer(link, self.remembered))

    def _remember_theme(self, theme: object) -> None:
        self.remembered.theme = self.theme
        settings.save(self.remembered)


def settings_keys() -> dict[str, str]:
    """A person's own keys; none if they can't be read, which was reported at the start."""
    try:
        return settings.own_keys()
    except TicketError:
        return {}
