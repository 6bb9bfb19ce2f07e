"""Which branches a transfer adds: the transferred tickets, their random control, and native tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from sessions import events
from sessions.branch_view import BranchView
from sessions.lineage import Problems, plan_of
from sessions.plans import check_plan, check_start, check_transfer, span
from sessions.spec import Plan, Spec, Transfer, parse_plan
from sessions.store import check_branch_name
from sessions.view import SessionView
from ticket_explorer.errors import TicketError, UnknownName
from ticket_explorer.registry import name_of
from ticket_explorer.trainers.settings import Evolution


@dataclass(frozen=True)
class Addition:
    """A branch to be added."""

    name: str
    plan: Plan
    borrowed: events.Borrowed | None


@dataclass(frozen=True)
class Wish:
    """What a person asks to be transferred, as `commands.Transfer` explains it."""

    branch: str
    rounds: Sequence[int] | None
    overrides: Mapping[str, Any]
    name: str | None
    control: bool
    native: bool
    overlap: bool


def additions(view: SessionView, problems: Problems, wish: Wish) -> list[Addition]:
    """The branches of a transfer, the transferred one first.

    Raises:
        TicketError: if there is no such branch or round, the tickets don't fit, or a name is taken.
    """
    if wish.branch not in view.branches:
        raise UnknownName("branch", wish.branch, view.branches)
    source = view.branches[wish.branch]
    numbers = checked_rounds(source, wish.rounds)
    plan = with_rounds(parse_plan(source.plan, _with_a_pruner(wish.overrides)), len(numbers))
    check_plan(plan, problems, view.density_of(wish.branch, numbers[-1]), len(numbers) - 1, plan.trainer.generations)
    check_transfer(plan, plan_of(source.plan), problems, wish.overlap)
    check_start(plan, problems, plan_of(source.plan))
    name = wish.name or _name(wish.branch, plan_of(source.plan), plan, view)
    borrowed = events.Borrowed(branch=wish.branch, rounds=list(numbers), overlap=wish.overlap)
    added = [Addition(name, plan, borrowed)]
    if wish.control:
        added.append(Addition(f"{name}-random", plan, structs.replace(borrowed, control=True)))
    if wish.native:
        rounds = max(numbers) + 1
        native = with_rounds(plan, rounds)
        check_plan(native, problems)
        added.append(Addition(f"{name}-native", native, None))
    check_new_names([addition.name for addition in added], view)
    return added


def check_spec_transfers(spec: Spec, problems: Problems) -> None:
    """Refuse a spec whose tickets don't fit where they are taken to.

    Raises:
        TicketError: with the layers.
    """
    plans = {branch.name: branch.plan for branch in spec.branches}
    for branch in spec.branches:
        if branch.transfer is not None:
            check_transfer(branch.plan, plans[branch.transfer.branch], problems, branch.transfer.overlap)


def spec_addition(name: str, plan: Plan, transfer: Transfer, rounds: int) -> Addition:
    """The branch of a spec that trains the tickets of another one, which has `rounds` rounds."""
    numbers = list(range(rounds)) if transfer.rounds is None else list(transfer.rounds)
    borrowed = events.Borrowed(
        branch=transfer.branch,
        rounds=numbers,
        control=transfer.control,
        overlap=transfer.overlap,
        rewind=transfer.rewind,
    )
    return Addition(name, with_rounds(plan, len(numbers)), borrowed)


def with_rounds(plan: Plan, rounds: int) -> Plan:
    """The plan with another number of rounds."""
    return structs.replace(plan, pruning=structs.replace(plan.pruning, rounds=rounds))


def checked_rounds(source: BranchView, rounds: Sequence[int] | None) -> list[int]:
    """The rounds whose tickets are wanted, all that are planned where none is named.

    Raises:
        TicketError: if the branch will not have them.
    """
    planned = source.planned_rounds
    numbers = list(range(planned)) if rounds is None else list(rounds)
    outside = [number for number in numbers if not 0 <= number < planned]
    if outside or not numbers:
        what = f"no round {outside[0]}" if outside else "nothing to transfer: no round is named"
        raise TicketError(f"Branch {source.name!r} has {what}; its rounds are {span(list(range(planned)))}.")
    return numbers


def _with_a_pruner(overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    """A trainer without σ can't prune by SNR: unless something else is said, it prunes by magnitude."""
    trainer = overrides.get("trainer", {})
    name = trainer if isinstance(trainer, str) else trainer.get("name", name_of(Evolution))
    return overrides if name == name_of(Evolution) or "pruner" in overrides else {**overrides, "pruner": "magnitude"}


def _name(branch: str, before: Plan, after: Plan, view: SessionView) -> str:
    """`snr-on-mnist`, or `snr-with-pgpe`."""
    if name_of(after.task) != name_of(before.task):
        stem = f"{branch}-on-{name_of(after.task)}"
    else:
        stem = f"{branch}-with-{getattr(after.trainer, 'strategy', name_of(after.trainer))}"
    stem, taken = stem.replace("_", "-"), {name.lower() for name in view.branches}
    return next(name for n in range(1, 1_000_000) if (name := stem if n == 1 else f"{stem}-{n}").lower() not in taken)


def check_new_names(names: Sequence[str], view: SessionView) -> None:
    """Refuse names that no branch can have, or that one has already.

    Raises:
        TicketError: with the name.
    """
    for name in names:
        check_branch_name(name)
        if name.lower() in map(str.lower, view.branches):
            raise TicketError(f"There is a branch {name!r} already; give the new one another name.")
