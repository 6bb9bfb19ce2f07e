"""Setting and removing breakpoints: each is checked, then journalled. The engine looks whether one is met."""

import time
from collections.abc import Sequence

from sessions.messages import events
from sessions.specs.breakpoint import Breakpoint, breakpoint_table
from sessions.specs.spec import Spec
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError, UnknownName


def breakpoints_set(view: SessionView, wanted: Sequence[Breakpoint]) -> list[events.BreakpointSet]:
    """The events that set breakpoints.

    Args:
        view: The session's view.
        wanted: What to pause at.

    Raises:
        UnknownName: if one is of a branch that isn't there.
    """
    for one in wanted:
        if one.branch is not None and one.branch not in view.branches:
            raise UnknownName("branch", one.branch, view.branches)
    numbered = enumerate(wanted, view.breakpoints.last + 1)
    return [events.BreakpointSet(at=time.time(), number=number, when=breakpoint_table(one)) for number, one in numbered]


def breakpoints_of(spec: Spec, view: SessionView) -> list[events.BreakpointSet]:
    """The events that set the breakpoints of a spec, unless the session has had any."""
    return breakpoints_set(view, spec.pause_at) if view.breakpoints.last == 0 else []


def breakpoint_removed(view: SessionView, number: int) -> events.BreakpointRemoved:
    """The event that removes a breakpoint.

    Raises:
        TicketError: if there is none of this number.
    """
    known = view.breakpoints.known
    if number not in known:
        there = ", ".join(f"{one.number} ({one.at.words})" for one in known.values()) or "none"
        raise TicketError(f"There is no breakpoint {number}.", remedy=f"The breakpoints are: {there}.")
    return events.BreakpointRemoved(at=time.time(), number=number)
