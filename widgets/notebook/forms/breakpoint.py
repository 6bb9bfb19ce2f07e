"""Breakpoints: what the session pauses at by itself."""

from sessions.messages import commands
from ticket_explorer.errors import TicketError
from widgets.decisions.breakpoints import KINDS, VALUES, breakpoints_there, wanted_breakpoint
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.controls import choice, offer, text
from widgets.notebook.forms.form import Filled, Form
from widgets.notebook.watching import button

_INTRO = "The engine pauses there by itself, once in each round, whoever watches; run it on to continue."


class BreakpointForm:
    """Asks what to pause at, or which breakpoint to remove."""

    def __init__(self, attachment: Attachment, subject: BranchChoice) -> None:
        self._attachment = attachment
        self._kind, self._value = choice("pause", KINDS), text("at", VALUES["round"])
        self._of = choice("of", {"": "every branch", "this": "the branch above"})
        self._there = choice("those set", {"": "none"})
        remove = button("Remove", "Remove the breakpoint that is chosen", lambda: self.form.ask(self._removal))
        rows = [self._kind, self._value, self._of, self._there]
        self.form = Form(attachment, subject, _INTRO, rows, "Set", self._request, remove)
        self._kind.observe(attachment.heeding(lambda _: self._explain()), "value")

    def renew(self) -> None:
        """Show the breakpoints that are set."""
        offer(self._there, breakpoints_there(self._attachment.view) or {"": "none"})

    def _explain(self) -> None:
        self._value.placeholder = VALUES[str(self._kind.value)]

    def _removal(self, branch: str) -> Filled:
        if not self._there.value:
            raise TicketError("No breakpoint is set.")
        return Filled([commands.RemoveBreakpoint(int(self._there.value))], "The breakpoint is removed.")

    def _request(self, branch: str) -> Filled:
        of = branch if self._of.value else None
        wanted = wanted_breakpoint(str(self._kind.value), self._value.value, of)
        return Filled([wanted], "The session will pause there.")
