"""Breakpoints: what the session pauses at by itself, and one that it shall no more pause at."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from sessions.messages import commands
from ticket_explorer.errors import TicketError
from widgets.decisions.breakpoints import KINDS, VALUES, breakpoints_there, wanted_breakpoint
from widgets.shared.session_link import Link
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import KEYS, Choice, Closing, Row

_TOLD = "The engine pauses there by itself, once in each round, whoever watches; run on with space."


class BreakpointDialog(Dialog[commands.PauseAt | commands.RemoveBreakpoint | None]):
    """Asks what to pause at, or which breakpoint to remove."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._view, self._branch = link.view, branch
        self._number = str(link.view.branches[branch].next_round if round is None else round)

    def compose(self) -> ComposeResult:
        """What to pause at, its number, whose rounds, and the breakpoints that are there."""
        there = breakpoints_there(self._view)
        with Vertical(classes="box form") as box:
            box.border_title = "Pause at"
            yield Static(Text(_TOLD, "dim"))
            yield Row("pause", Choice(KINDS, "round", "kind"))
            yield Row("at", Input(self._number, id="value", compact=True), VALUES["round"])
            yield Row("of", Choice({"": "every branch", self._branch: f"branch {self._branch}"}, "", "of"))
            if there:
                yield Row("remove", Choice({"": "none: set this one", **there}, "", "remove"))
            yield Closing("Set")

    def on_mount(self) -> None:
        """Begin with what to pause at."""
        self.query_one("#kind").focus()

    def on_choice_changed(self, message: Choice.Changed) -> None:
        """Say what number goes with the kind."""
        if message.choice.id == "kind":
            self.query_one("#value", Input).value = ""
            self._value_row.explain(VALUES[message.choice.value])

    def on_input_changed(self) -> None:
        """Take back a complaint about what was typed before."""
        self._value_row.complain("")

    def action_accept(self) -> None:
        """Return the command, or say what is wrong with the number."""
        remove = self.query("#remove")
        if remove and (number := remove.first(Choice).value):
            self.dismiss(commands.RemoveBreakpoint(int(number)))
            return
        kind, value = self.query_one("#kind", Choice).value, self.query_one("#value", Input).value
        try:
            self.dismiss(wanted_breakpoint(kind, value, self.query_one("#of", Choice).value or None))
        except TicketError as error:
            self._value_row.complain(str(error))

    @property
    def _value_row(self) -> Row:
        return self.query_one("#value", Input).parent  # type: ignore[return-value]
