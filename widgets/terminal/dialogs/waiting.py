"""While a dialog's engine starts: keys that a person types meanwhile are commands to nobody."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from widgets.terminal.dialogs.dialog import Dialog


class Waiting(Dialog[None]):
    """Says what is waited for, until it is dismissed; escape gives up."""

    BINDINGS = [("escape", "dismiss(None)", "Cancel")]

    def __init__(self, what: str) -> None:
        super().__init__(classes="dialog")
        self._what = what

    def compose(self) -> ComposeResult:
        """What is waited for, and how to give up."""
        with Vertical(classes="box"):
            yield Static(Text(self._what))
            yield Static(Text("escape gives up"), classes="hint")
