"""The controls that part a ticket's effect: which a branch has, and which are to be added.

A control is a branch that takes its masks from the ticket's branch, as a transfer does, and trains them
under the same plan: with permuted weights, with permuted mask and weights, or with random pruning instead.
"""

from collections.abc import Sequence

from msgspec import structs

from sessions import events
from sessions.branch_view import BranchView
from sessions.lineage import Problems, plan_of
from sessions.plans import check_plan
from sessions.transfers import Addition, check_new_names, checked_rounds, with_rounds
from sessions.view import SessionView
from ticket_explorer.analysis.decomposition import CONTROLS, RANDOM
from ticket_explorer.errors import TicketError

_WORDS = {"permuted_weights": "permuted weights", "permuted_mask": "a permuted mask", RANDOM: "random masks"}


def controls_of(view: SessionView, branch: str) -> dict[str, str]:
    """The branches that are controls of a branch's tickets, by what they control."""
    found = {}
    for known in view.branches.values():
        control = _control(known, branch)
        if control is not None and plan_of(known.plan).trains_like(plan_of(view.branches[branch].plan)):
            found[control] = known.name
    return found


def finished_controls(view: SessionView, branch: str) -> dict[str, str]:
    """The controls of a branch, all of which have a finished round.

    Raises:
        TicketError: if one is missing.
    """
    found = controls_of(view, branch)
    missing = [_WORDS[control] for control in CONTROLS if control not in found]
    if missing:
        raise TicketError(
            f"Branch {branch!r} has no control with {' or '.join(missing)} that trains as it does; decompose it first, "
            "which begins them, and run them."
        )
    waiting = [name for name in found.values() if not any(known.finished for known in view.lineage(name))]
    if waiting:
        raise TicketError(f"The controls {', '.join(waiting)} have no finished round yet; run them first.")
    return found


def control_additions(
    view: SessionView, problems: Problems, branch: str, rounds: Sequence[int] | None
) -> list[Addition]:
    """The controls that a branch has not yet, `BRANCH-permuted-weights` and so on.

    Raises:
        TicketError: if there is no such round, all are there, or a name is taken.
    """
    source, known = view.branches[branch], controls_of(view, branch)
    numbers = checked_rounds(source, rounds)
    if len(known) == len(CONTROLS):
        raise TicketError(f"Branch {branch!r} has its controls already: {', '.join(known.values())}.")
    plan = with_rounds(plan_of(source.plan), len(numbers))
    check_plan(plan, problems, view.density_of(branch, numbers[-1]), len(numbers) - 1, plan.trainer.generations)
    borrowed = events.Borrowed(branch=branch, rounds=numbers)
    added = [
        Addition(f"{branch}-{control.replace('_', '-')}", plan, _borrowed(borrowed, control))
        for control in CONTROLS
        if control not in known
    ]
    check_new_names([addition.name for addition in added], view)
    return added


def _borrowed(borrowed: events.Borrowed, control: str) -> events.Borrowed:
    return structs.replace(borrowed, **({"control": True} if control == RANDOM else {"rewind": control}))


def _control(known: BranchView, branch: str) -> str | None:
    """What a branch trains in place of another one's tickets; None if it doesn't."""
    borrowed = known.borrowed
    if borrowed is None or borrowed.branch != branch or borrowed.overlap:
        return None
    return RANDOM if borrowed.control else borrowed.rewind
