"""Removing a branch: what goes, what stays, and why it may not be possible."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from sessions.messages import commands
from sessions.views.branch_checks import check_removal
from ticket_explorer.errors import TicketError
from widgets.shared.session_link import Link
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import KEYS, Closing

_TOLD = "It is no longer shown or run, and its name stays taken. Its finished rounds stay on disk with the session."


class RemoveDialog(Dialog[commands.RemoveBranch | None]):
    """Asks whether to remove a branch."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._branch, self._refusal = branch, ""
        try:
            check_removal(link.view, branch)
        except TicketError as error:
            self._refusal = str(error)

    def compose(self) -> ComposeResult:
        """What removing it does, or why it can't be removed."""
        with Vertical(classes="box form") as box:
            box.border_title = f"Remove branch {self._branch}"
            yield Static(Text(self._refusal or _TOLD))
            yield Closing("Remove", "escape leaves" if self._refusal else "enter removes it, escape keeps it")

    def action_accept(self) -> None:
        """Return the command, if it is possible."""
        self.dismiss(None if self._refusal else commands.RemoveBranch(self._branch))
