"""Asking whether to run the code that came with somebody else's session."""

from collections.abc import Sequence
from typing import Any

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Label, Static

from sessions.views.own_code import KeptCode, untrusted_code
from sessions.views.session_view import SessionView
from widgets.shared.printable import printable
from widgets.shared.wording import CODE_QUESTION
from widgets.terminal.dialogs.dialog import Dialog


async def ask_for_trust(app: App[Any], view: SessionView) -> None:
    """Ask about code that came with a session and is not trusted; without trust the session is only looked at.

    Raises:
        TicketError: if trust can't be kept.
    """
    if not (unknown := untrusted_code(view)):
        return
    trusts = await app.push_screen_wait(TrustDialog(unknown))
    for code in unknown if trusts else ():
        code.trust()


class TrustDialog(Dialog[bool]):
    """Shows code, and returns whether it may run."""

    BINDINGS = [("escape", "dismiss(False)", "Only look")]

    def __init__(self, codes: Sequence[KeptCode]) -> None:
        super().__init__(classes="dialog")
        self._codes = codes

    def compose(self) -> ComposeResult:
        """The question, the code, and two buttons."""
        with Vertical(classes="box -wide") as box:
            box.border_title = "Trust"
            yield Label(CODE_QUESTION, markup=False)
            with VerticalScroll(classes="code"):
                for code in self._codes:
                    yield Static(printable(code.call), markup=False, classes="place")
                    yield Static(printable(code.source, keep="\n\t"), markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Only look", id="look", compact=True)
                yield Button("Trust it, and go on", id="trust", compact=True)
            yield Label("tab moves, arrows scroll, enter accepts, escape only looks", classes="hint")

    def on_button_pressed(self, message: Button.Pressed) -> None:
        """Return the answer."""
        self.dismiss(message.button.id == "trust")
