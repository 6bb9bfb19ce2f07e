"""The controls of a branch's tickets: for which rounds, and what they show."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from sessions.messages import commands
from widgets.decisions.trainer_fields import named
from widgets.decisions.transfers import learns_masks, under_masks
from widgets.shared.session_link import Link
from widgets.shared.wording import share
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import KEYS, Choice, Closing, Row

_TOLD = (
    "What does their effect come from? They are trained three more times, as the branch trains them: with permuted "
    "weights, with permuted masks and weights, and as random masks of the same size. Then ask for the decomposition: "
    "the curvature panel shows it after l, and c computes it."
)


class DecomposeDialog(Dialog[commands.Decompose | None]):
    """Asks which tickets to decompose."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._view, self._branch, self._round = link.view, branch, round
        self._plan = link.view.branches[branch].plan

    def compose(self) -> ComposeResult:
        """The tickets, and an explanation."""
        planned = range(self._view.branches[self._branch].planned_rounds)
        tickets = {str(n): f"round {n}: {share(self._view.found_density_of(self._branch, n))} kept" for n in planned}
        chosen = "" if self._round is None else str(self._round)
        with Vertical(classes="box form") as box:
            box.border_title = f"Decompose the tickets of {self._branch}"
            yield Static(Text(_TOLD, "dim"))
            yield Row("tickets", Choice({"": "of all rounds", **tickets}, chosen, "tickets"))
            if learns_masks(self._plan):
                trainers = under_masks(self._plan)
                yield Row("trainer", Choice(trainers, next(iter(trainers)), "trainer"))
            yield Closing("Decompose")

    def on_mount(self) -> None:
        """Begin with the tickets."""
        self.query_one("#tickets").focus()

    def action_accept(self) -> None:
        """Return the command."""
        number, trainer = self.query_one("#tickets", Choice).value, None
        if learns_masks(self._plan) and (chosen := self.query_one("#trainer", Choice).value):
            trainer = named(chosen)
        rounds = [int(number)] if number else None
        self.dismiss(commands.Decompose(branch=self._branch, rounds=rounds, trainer=trainer))
