"""A transfer: whose tickets, what trains them, and what runs beside them."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from sessions.messages import commands
from sessions.specs.spec import Table
from widgets.decisions.complaints import remarks_on
from widgets.decisions.trainer_fields import TRAINER_KINDS, kind_of
from widgets.decisions.transfers import BESIDE, STARTS, TASKS_BY_NAME, Wish
from widgets.shared.session_link import Link
from widgets.shared.wording import share
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import KEYS, Choice, Closing, Row, complain


class TransferDialog(Dialog[commands.Transfer | None]):
    """Asks which tickets to train, and how."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._view, self._branch, self._round = link.view, branch, round
        self._plan: Table = link.view.branches[branch].plan

    def compose(self) -> ComposeResult:
        """The tickets, what differs, and what runs beside them."""
        planned = range(self._view.branches[self._branch].planned_rounds)
        tickets = {str(n): f"round {n}: {share(self._view.found_density_of(self._branch, n))} kept" for n in planned}
        chosen = "" if self._round is None else str(self._round)
        task, trainer = self._plan["task"]["name"], kind_of(self._plan["trainer"])
        with Vertical(classes="box form") as box:
            box.border_title = "Transfer"
            yield Static(Text(f"The tickets of {self._branch}, trained in another way in a new branch:", "dim"))
            yield Row("tickets", Choice({"": "of all rounds", **tickets}, chosen, "tickets"))
            yield Row("task", Choice({"": f"as before: {task}", **TASKS_BY_NAME}, "", "task"))
            yield Row("trainer", Choice({"": f"as before: {trainer}", **{n: n for n in TRAINER_KINDS}}, "", "trainer"))
            yield Row("start", Choice(STARTS, "", "start"))
            yield Row("beside", Choice(BESIDE, "control", "beside"))
            yield Row(
                "name", Input(placeholder="after what is different", compact=True), "of the new branch", "$.branch.name"
            )
            yield Static(
                Text("Layers must have the same shapes; other settings can be changed from the command line.", "dim")
            )
            yield Closing("Transfer")

    def on_mount(self) -> None:
        """Begin with the tickets."""
        self.query_one("#tickets").focus()
        self._check()

    def on_input_changed(self) -> None:
        """Check what a person types."""
        self._check()

    def on_choice_changed(self) -> None:
        """Check what a person chooses."""
        self._check()

    def action_accept(self) -> None:
        """Return the command, if nothing is wrong."""
        if not self._check():
            return
        self.dismiss(self._wish.command)

    @property
    def _wish(self) -> Wish:
        fields = ("tickets", "task", "trainer", "start", "beside")
        chosen = {field: self.query_one(f"#{field}", Choice).value for field in fields}
        return Wish(self._branch, **chosen, name=self.query_one(Input).value)

    def _check(self) -> bool:
        wish = self._wish
        said = wish.objection(self._view)
        found = complain(self.query(Row), said)
        remarks = remarks_on(self._plan, wish.overrides) if said is None else ""
        self.query_one(Closing).conclude(said, found, remarks)
        return said is None
