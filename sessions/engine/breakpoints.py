"""Looks whether a breakpoint is met: before a round begins, within it, and at its end. It changes no number."""

import time

from sessions.messages import events
from sessions.messages.watchers import Watchers
from sessions.tickets.tickets import Pruning
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from sessions.views.turns import Turn
from ticket_explorer.layout import Layout


class Stops:
    """The breakpoints of one session, as its engine meets them.

    Args:
        view: Knows the breakpoints.
        watchers: Are told which of them are met.
    """

    def __init__(self, view: SessionView, watchers: Watchers) -> None:
        self._view, self._watchers = view, watchers
        self.met = ""
        """A sentence on what the last pulse met; empty if that was nothing."""

    def at_begin(self, turn: Turn, made: Pruning, layout: Layout, remark: str | None) -> bool:
        """Whether one is met by a round that is about to begin; each is journalled."""
        density = (made.kept - 0.5) / max(layout.prunable_size, 1)  # whichever way a density was rounded
        known = self._view.breakpoints.before((turn.branch, turn.round), density, remark is not None)
        for one in known:
            self._meet(one.number, turn.branch, turn.round, one.at.words, remark if one.at.collapse else None)
        return bool(known)

    def look(self) -> None:
        """Journal those that the running round meets, or the one that finished last."""
        if not self._view.breakpoints.known:
            return
        finished = self._view.breakpoints.finished
        number = -1 if finished is None else finished.number - 1
        before = None if finished is None or number < 0 else self._view.round(finished.branch, number)
        for one, round_ in self._view.breakpoints.after(self._view.running, before):
            self._meet(one.number, round_.branch, round_.number, one.at.words, None)

    def room(self, round_: RoundView, budget: int) -> int:
        """The generations that may be asked for, of a budget, so that none passes a breakpoint."""
        left = self._view.breakpoints.room(round_)
        return budget if left is None else min(budget, left)

    def _meet(self, number: int, branch: str, round_: int, words: str, remark: str | None) -> None:
        said = f"Breakpoint {number}, {words}: {remark or f'round {round_} of {branch}.'}"
        self._watchers.journal(
            events.BreakpointMet(at=time.time(), number=number, branch=branch, round=round_, said=said)
        )
        self.met = f"{self.met} {said}".strip()
