"""Another name for a branch."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from sessions.messages import commands
from sessions.views.branch_checks import check_renaming
from ticket_explorer.errors import TicketError
from widgets.decisions.complaints import Complaint, complaint_of
from widgets.shared.session_link import Link
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import KEYS, Closing, Row, complain

_TOLD = "Its files keep the name that they have; no other branch may take it."


class RenameDialog(Dialog[commands.RenameBranch | None]):
    """Asks what to call a branch."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._view, self._branch = link.view, branch

    def compose(self) -> ComposeResult:
        """The field, with the name so far."""
        with Vertical(classes="box form") as box:
            box.border_title = f"Rename branch {self._branch}"
            yield Static(Text(_TOLD, "dim"))
            yield Row("name", Input(self._branch, compact=True), "", "$.branch.name")
            yield Closing("Rename")

    def on_mount(self) -> None:
        """Begin with the name."""
        self.query_one(Input).focus()

    def on_input_changed(self) -> None:
        """Check what a person types; the name so far is where one begins."""
        self._complain(None if self._typed == self._branch else self._objection())

    def action_accept(self) -> None:
        """Return the command, if the name is free."""
        said = self._objection()
        self._complain(said)
        if said is None:
            self.dismiss(commands.RenameBranch(self._branch, self._typed))

    def _complain(self, said: Complaint | None) -> None:
        self.query_one(Closing).conclude(said, complain([self.query_one(Row)], said), "")

    @property
    def _typed(self) -> str:
        return self.query_one(Row).text.strip()

    def _objection(self) -> Complaint | None:
        try:
            check_renaming(self._view, self._branch, self._typed)
        except TicketError as error:
            return complaint_of(error)
        return None
