"""Which branches a transfer adds: the transferred tickets, their random control, and native tickets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import structs

from sessions.messages import commands, events
from sessions.plans.checks import check_plan, check_start, check_transfer, span
from sessions.plans.problems import Problems, plan_of, taken_up
from sessions.specs.difference import differences
from sessions.specs.overrides import overridden
from sessions.specs.spec import Plan, Spec, Table, Transfer, parse_plan, parse_start, table_of
from sessions.views.branch_checks import check_new_names
from sessions.views.branch_view import BranchView
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError, UnknownName
from ticket_explorer.registry import name_of
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.rewinds.settings import Initial

_LONGEST = 24
"""Letters of a changed field with its value in a branch's name."""


@dataclass(frozen=True)
class Addition:
    """A branch to be added."""

    name: str
    plan: Plan
    borrowed: events.Borrowed | None
    said: tuple[str, ...] = ()
    """Sentences about settings that its plan could not keep."""


def additions(view: SessionView, problems: Problems, wish: commands.Transfer) -> list[Addition]:
    """The branches of a transfer, the transferred one first.

    Raises:
        TicketError: if there is no such branch or round, the tickets don't fit, or a name is taken.
    """
    if wish.branch not in view.branches:
        raise UnknownName("branch", wish.branch, view.branches)
    source = view.branches[wish.branch]
    numbers = checked_rounds(source, wish.rounds)
    plan = with_rounds(taken_up(parse_plan(source.plan, wish.overrides)), len(numbers))
    density = view.found_density_of(wish.branch, numbers[-1])
    check_plan(plan, problems, density, len(numbers) - 1, plan.trainer.generations)
    check_transfer(plan, plan_of(source.plan), problems, wish.overlap)
    check_start(plan, problems, plan_of(source.plan))
    name = wish.name or _name(wish.branch, plan_of(source.plan), plan, view)
    start, first = lent_start(wish.start, source.plan), view.round(wish.branch, 0)
    check_lent_start(start, plan_of(source.plan).trainer.generations if first is None else first.generations)
    borrowed = events.Borrowed(
        branch=wish.branch, rounds=list(numbers), overlap=wish.overlap, takes="found", start=start
    )
    added = [Addition(name, plan, borrowed, overridden(source.plan, wish.overrides).said)]
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
    """Refuse a spec whose tickets don't fit their new network, or can't start where the spec says.

    Raises:
        TicketError: with the available layers or generations.
    """
    plans = {branch.name: branch.plan for branch in spec.branches}
    for i, branch in enumerate(spec.branches):
        if branch.transfer is not None:
            source = plans[branch.transfer.branch]
            check_transfer(branch.plan, source, problems, branch.transfer.overlap)
            start = lent_start(branch.transfer.start, table_of(source))
            check_lent_start(start, source.trainer.generations, f"$.branch[{i}].transfer.start")


def lent_start(given: str | Mapping[str, Any] | None, source: Table) -> Table | None:
    """Where tickets of a branch with the plan `source` start, as `events.Borrowed` stores it.

    Raises:
        InvalidValue: if it can't be where tickets start.
    """
    if given is not None:
        table: Table = msgspec.to_builtins(parse_start(given))
        return table
    rewind = REWINDS.get(source["rewind"]["name"])
    return {"name": name_of(Initial)} if rewind is not None and rewind.keeps_trained else None


def check_lent_start(start: Table | None, most: int, path: str = "$.start") -> None:
    """Refuse early weights that the first round, of `most` generations, will not have.

    Raises:
        InvalidValue: with the number of generations that it has.
    """
    if start is not None and start.get("generation", 0) > most:
        raise InvalidValue(f"{path}.generation", start["generation"], f"at most {most}, the generations of round 0")


def spec_addition(name: str, plan: Plan, transfer: Transfer, source: BranchView) -> Addition:
    """The branch of a spec that trains the tickets of another one."""
    numbers = list(range(source.planned_rounds)) if transfer.rounds is None else list(transfer.rounds)
    borrowed = events.Borrowed(
        branch=transfer.branch,
        rounds=numbers,
        control=transfer.control,
        overlap=transfer.overlap,
        rewind=transfer.rewind,
        takes="found",
        start=lent_start(transfer.start, source.plan),
    )
    return Addition(name, with_rounds(plan, len(numbers)), borrowed)


def with_rounds(plan: Plan, rounds: int) -> Plan:
    """The plan with another number of rounds."""
    return structs.replace(plan, pruning=structs.replace(plan.pruning, rounds=rounds))


def checked_rounds(source: BranchView, rounds: Sequence[int] | int | None) -> list[int]:
    """The rounds whose tickets are wanted; all planned ones if none is named.

    Raises:
        TicketError: if the branch will not have them.
    """
    planned = source.planned_rounds
    wanted = [rounds] if isinstance(rounds, int) else rounds
    numbers = list(range(planned)) if wanted is None else list(wanted)
    outside = [number for number in numbers if not 0 <= number < planned]
    if outside or not numbers:
        what = f"no round {outside[0]}" if outside else "nothing to transfer: no round is named"
        raise TicketError(f"Branch {source.name!r} has {what}; its rounds are {span(list(range(planned)))}.")
    return numbers


def _name(branch: str, before: Plan, after: Plan, view: SessionView) -> str:
    """After what changed: `snr-on-mnist`, `snr-with-pgpe`, or for a field `snr-with-torso-mass-2`."""
    if name_of(after.task) != name_of(before.task):
        stem = f"{branch}-on-{name_of(after.task)}"
    elif after.trainer.algorithm != before.trainer.algorithm:
        stem = f"{branch}-with-{after.trainer.algorithm}"
    else:
        stem = f"{branch}-with-{_changed(before, after) or after.trainer.algorithm}"
    stem, taken = stem.replace("_", "-"), {name.lower() for name in view.branches}
    return next(name for n in range(1, 1_000_000) if (name := stem if n == 1 else f"{stem}-{n}").lower() not in taken)


def _changed(before: Plan, after: Plan) -> str:
    """The first field of task, network or trainer that has another value, with that value; empty if none has."""
    tables = [{family: table_of(plan)[family] for family in ("task", "network", "trainer")} for plan in (before, after)]
    for path, (_, value) in differences(*tables).items():
        text = f"{path.rpartition('.')[2]}-{value}"
        return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")[:_LONGEST].rstrip("-.")
    return ""
