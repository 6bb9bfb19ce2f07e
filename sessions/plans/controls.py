"""The controls that decompose a ticket's effect: which ones a branch has, and which ones to add.

A control is a branch that takes its masks from the ticket's branch, as a transfer does, and trains them
under the same plan: with permuted weights, with permuted mask and weights, or with random pruning instead.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from sessions.messages import commands, events
from sessions.plans.checks import check_plan
from sessions.plans.problems import Problems, plan_of, start_of
from sessions.plans.transfer import Addition, checked_rounds, lent_start, with_rounds
from sessions.specs.overrides import default_pruner
from sessions.specs.spec import Plan, parse_plan
from sessions.views.branch_checks import check_new_names
from sessions.views.branch_view import BranchView
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.decomposition import CONTROLS, RANDOM
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.registry import name_of
from ticket_explorer.rewinds.settings import Fresh

_WORDS = {"permuted_weights": "permuted weights", "permuted_mask": "a permuted mask", RANDOM: "random masks"}


def controls_of(view: SessionView, branch: str) -> dict[str, str]:
    """The controls of a branch's tickets, by what they control for."""
    found, tickets = {}, tickets_of(view, branch)
    if tickets is None:
        return {}
    plan = plan_of(view.branches[tickets].plan)
    for known in view.branches.values():
        control = _control(known, branch)
        if control is not None and plan_of(known.plan).trains_like(plan):
            found[control] = known.name
    return found


def tickets_of(view: SessionView, branch: str) -> str | None:
    """The branch whose scores are those of a branch's tickets.

    It is the branch itself, unless that learns masks. Then it is the branch that trains the found masks unchanged, or
    None if there is none.
    """
    source = plan_of(view.branches[branch].plan)
    if not source.trainer.learns_mask:
        return branch
    return next((known.name for known in view.branches.values() if _trains_tickets_of(known, branch, source)), None)


def _trains_tickets_of(known: BranchView, branch: str, source: Plan) -> bool:
    if not _borrows_all_of(known, branch) or _control(known, branch) is not None:
        return False
    plan = plan_of(known.plan)
    return not plan.trainer.learns_mask and (plan.task, plan.network) == (source.task, source.network)


def finished_controls(view: SessionView, branch: str) -> dict[str, str]:
    """The controls of a branch, all of which have a finished round.

    Raises:
        TicketError: if one is missing.
    """
    found = controls_of(view, branch)
    missing = [_WORDS[control] for control in CONTROLS if control not in found]
    if missing:
        raise TicketError(
            f"Branch {branch!r} has no control with {' or '.join(missing)} and the same trainer; decompose it first "
            "to create the controls, then run them."
        )
    waiting = [name for name in found.values() if not any(known.finished for known in view.lineage(name))]
    if waiting:
        raise TicketError(f"The controls {', '.join(waiting)} have no finished round yet; run them first.")
    return found


def control_additions(view: SessionView, problems: Problems, wish: commands.Decompose) -> list[Addition]:
    """The controls that a branch doesn't have yet, `BRANCH-permuted-weights` and so on.

    A branch that learns masks gets `BRANCH-tickets` first: its masks trained unchanged, in the way the controls are.

    Raises:
        TicketError: if there is no such round, all are there, a name is taken, or no trainer is known.
    """
    branch = wish.branch
    source, known, tickets = view.branches[branch], controls_of(view, branch), tickets_of(view, branch)
    numbers = checked_rounds(source, wish.rounds)
    if len(known) == len(CONTROLS):
        raise TicketError(f"Branch {branch!r} already has its controls: {', '.join(known.values())}.")
    plan = with_rounds(_plan_under_masks(source, tickets, view, wish.trainer), len(numbers))
    check_plan(plan, problems, view.found_density_of(branch, numbers[-1]), len(numbers) - 1, plan.trainer.generations)
    start = lent_start(None, source.plan)
    borrowed = events.Borrowed(branch=branch, rounds=numbers, takes="found", start=start)
    added = [] if tickets is not None else [Addition(f"{branch}-tickets", plan, borrowed)]
    added += [
        Addition(f"{branch}-{control.replace('_', '-')}", plan, _borrowed(borrowed, control))
        for control in CONTROLS
        if control not in known
    ]
    check_new_names([addition.name for addition in added], view)
    return added


def _plan_under_masks(
    source: BranchView, tickets: str | None, view: SessionView, trainer: str | Mapping[str, Any] | None
) -> Plan:
    """The plan that a branch's tickets and their controls train under: with masks that stay."""
    plan = plan_of(source.plan)
    if not plan.trainer.learns_mask:
        if trainer is not None:
            given, expected = f"{trainer}", f"nothing: controls of {source.name} train as it does; transfer it instead"
            raise InvalidValue("$.trainer", given, expected)
        return plan
    if tickets is not None and trainer is None:
        return plan_of(view.branches[tickets].plan)
    fixed = plan.trainer.with_fixed_mask()
    if trainer is None and fixed is None:
        given = f"none, and {name_of(plan.trainer)} trains no weights"
        raise InvalidValue("$.trainer", given, "what trains the found masks' weights: gradient_descent or evolution")
    table = trainer if trainer is not None else msgspec.to_builtins(fixed)
    under = parse_plan(source.plan, {"trainer": table, "pruner": default_pruner(table)})
    if under.trainer.learns_mask:
        raise InvalidValue("$.trainer", name_of(under.trainer), "a trainer that leaves the mask as it is")
    return under


def _borrowed(borrowed: events.Borrowed, control: str) -> events.Borrowed:
    return structs.replace(borrowed, **({"control": True} if control == RANDOM else {"rewind": control}))


def _control(known: BranchView, branch: str) -> str | None:
    """What a branch trains in place of another branch's tickets; None if it is no control."""
    borrowed = known.borrowed
    if borrowed is None or not _borrows_all_of(known, branch):
        return None
    return RANDOM if borrowed.control else borrowed.rewind


def _borrows_all_of(known: BranchView, branch: str) -> bool:
    """Whether a branch borrows another branch's whole tickets: all layers, and, but for random masks, its weights."""
    borrowed = known.borrowed
    if borrowed is None or borrowed.branch != branch or borrowed.overlap:
        return False
    return borrowed.control or not isinstance(start_of(borrowed), Fresh)
