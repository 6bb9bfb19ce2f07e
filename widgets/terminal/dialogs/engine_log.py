"""The log of a session's engines, as it grows."""

from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import RichLog, Static

from sessions.store.engine_log import log_file, read_log
from widgets.shared.printable import printable
from widgets.terminal.dialogs.dialog import Dialog

LOOKS = 1.0
"""Seconds between two looks at the log."""
LINES = 2000
"""The last lines that are shown."""
EMPTY = "No engine has printed anything yet."


class EngineLog(Dialog[None]):
    """Shows the log; escape leaves."""

    BINDINGS = [("escape", "dismiss(None)", "Back"), ("L", "dismiss(None)", "Back")]
    DEFAULT_CSS = """
    EngineLog .box { width: 90%; height: 90%; max-width: 160; }
    EngineLog RichLog { height: 1fr; background: transparent; }
    """

    def __init__(self, session: Path) -> None:
        super().__init__(classes="dialog")
        self._session = session
        self._shown: str | None = None

    def compose(self) -> ComposeResult:
        """The lines, and where they are."""
        with Vertical(classes="box") as box:
            box.border_title = "The engine's log"
            yield RichLog(wrap=True, min_width=1, highlight=False, markup=False)
            yield Static(Text(f"{log_file(self._session)}; escape leaves", "dim"), classes="hint")

    def on_mount(self) -> None:
        """Read it, and again at intervals."""
        self._look()
        self.set_interval(LOOKS, self._look)

    def _look(self) -> None:
        text = read_log(self._session, LINES)
        if text != self._shown:
            lines = self.query_one(RichLog)
            lines.clear()
            for line in text.splitlines() or [EMPTY]:
                lines.write(Text(printable(line)))
            self._shown = text
