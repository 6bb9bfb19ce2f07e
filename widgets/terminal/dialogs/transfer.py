"""Tickets elsewhere: whose they are, what trains them, and what runs beside them."""

from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sessions import commands
from sessions.spec import Table
from sessions.store import check_branch_name
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.link import Link
from widgets.terminal.dialogs.fields import KEYS, Choice, Closing, Complaint, Row, complain, complaint_of, objection
from widgets.terminal.dialogs.trainer_fields import KINDS, kind_of, whole_table
from widgets.words import share

_BESIDE = {
    "control": "random tickets of as many weights",
    "both": "random tickets, and native ones",
    "none": "nothing",
}
"""What may run beside the transferred tickets."""


class TransferDialog(ModalScreen[commands.Transfer | None]):
    """Asks which tickets go where."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._view, self._branch, self._round = link.view, branch, round
        self._plan: Table = link.view.branches[branch].plan

    def compose(self) -> ComposeResult:
        """Tickets, what is different, and what runs beside them."""
        planned = range(self._view.branches[self._branch].planned_rounds)
        tickets = {str(n): f"round {n}: {share(self._view.density_of(self._branch, n))} kept" for n in planned}
        chosen = "" if self._round is None else str(self._round)
        task, trainer = self._plan["task"]["name"], kind_of(self._plan["trainer"])
        with Vertical(classes="box form") as box:
            box.border_title = "Transfer"
            yield Static(Text(f"The tickets of {self._branch}, trained otherwise in a branch of their own:", "dim"))
            yield Row("tickets", Choice({"": "of all rounds", **tickets}, chosen, "tickets"))
            yield Row("task", Choice({"": f"as before: {task}", **{n: n for n in TASKS}}, "", "task"))
            yield Row("trainer", Choice({"": f"as before: {trainer}", **{n: n for n in KINDS}}, "", "trainer"))
            yield Row("beside", Choice(_BESIDE, "control", "beside"))
            yield Row("name", Input(placeholder="after what is different", compact=True), "of the new branch", "name")
            yield Static(
                Text("Layers must have the same shapes; other settings can be changed from the command line.", "dim")
            )
            yield Closing("Transfer")

    def on_mount(self) -> None:
        """Begin with the tickets."""
        self.query_one("#tickets").focus()
        self._check()

    def on_input_changed(self) -> None:
        """Check as one types."""
        self._check()

    def on_choice_changed(self) -> None:
        """Check as one chooses."""
        self._check()

    def action_accept(self) -> None:
        """Return the command, if all is well."""
        if not self._check():
            return
        tickets, beside = self._value("tickets"), self._value("beside")
        self.dismiss(
            commands.Transfer(
                branch=self._branch,
                rounds=[int(tickets)] if tickets else None,
                overrides=self._overrides,
                name=self._given_name,
                control=beside != "none",
                native=beside == "both",
            )
        )

    @property
    def _given_name(self) -> str | None:
        return self.query_one(Input).value.strip() or None

    @property
    def _overrides(self) -> dict[str, Any]:
        overrides: dict[str, Any] = {}
        if task := self._value("task"):
            overrides["task"] = {"name": task}
        if trainer := self._value("trainer"):
            overrides["trainer"] = whole_table(trainer, self._plan["trainer"])
            if trainer not in STRATEGIES:
                overrides["pruner"] = "magnitude"  # it has no σ that SNR could be taken of
        return overrides

    def _value(self, field: str) -> str:
        return self.query_one(f"#{field}", Choice).value

    def _check(self) -> bool:
        said = self._objection()
        rows = [row for row in self.query(Row) if row.field]
        found = complain(rows, "branch", said)
        self.query_one(Closing).say("" if said is None or found else said.whole)
        return said is None

    def _objection(self) -> Complaint | None:
        if not self._overrides:
            return Complaint(
                "", "Choose another task or another trainer; these tickets were trained like that already."
            )
        try:
            if self._given_name is not None:
                check_branch_name(self._given_name)
                if self._given_name.lower() in map(str.lower, self._view.branches):
                    raise InvalidValue("$.branch.name", repr(self._given_name), "a name that no other branch has")
        except TicketError as error:
            return complaint_of(error)
        return objection(self._plan, self._overrides)
