"""The weights that a person looks at: those of a finished round, or of a branch as it is now."""

from dataclasses import dataclass
from typing import Any

from sessions.engine.running_round import RunningRound
from sessions.plans.problems import plan_of
from sessions.specs.spec import Plan
from sessions.tickets.tickets import Lineage, problem_state_of
from sessions.views.diverged import check_replicate
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


@dataclass(frozen=True)
class Looked:
    """The weights that are looked at, of all replicates."""

    plan: Plan
    """The round's."""
    branch: str
    number: int
    generation: int
    result: TrainingResult
    states: Any
    """What the task carries, arrays [R, ...]."""
    ticket: Ticket
    """What the round trained."""


def looked_at(
    lineage: Lineage, view: SessionView, running: RunningRound | None, branch: str, number: int | None, what: str
) -> Looked:
    """The weights of a finished round, or those of the running or last finished one.

    Args:
        lineage: Reads finished rounds.
        view: The session's view.
        running: The running round with nothing in flight, if there is one.
        branch: Whose weights they are.
        number: A finished round; None is the running one, or else the last finished one.
        what: What they are called if there are none yet: `policy`.

    Raises:
        TicketError: if nothing is trained yet, or replicate 0 has diverged.
    """
    check_replicate(view, branch, view.branches[branch].next_round if number is None else number)
    if number is None and running is not None and running.collected > 0 and running.view.branch == branch:
        chunk, plan = running.latest(), plan_of(running.view.plan)
        states = running.problem_state(chunk)
        return Looked(plan, branch, running.view.number, running.collected, chunk.result, states, running.ticket)
    number = view.branches[branch].next_round - 1 if number is None else number
    known = view.round(branch, number)
    if known is None or known.finished is None:
        of_round = f" of round {number}" if number >= 0 else ""
        raise TicketError(f"Branch {branch!r} has no {what}{of_round} yet; run or step first.")
    plan, result = plan_of(known.plan), lineage.result(branch, number)
    states = problem_state_of(lineage.arrays(branch, number), lineage.bench.problem(plan))
    return Looked(plan, branch, number, known.done, result, states, lineage.trained(branch, number))
