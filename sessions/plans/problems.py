"""The problems that plans train on, each loaded once, and plans as they are journalled."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import msgspec
from msgspec import structs

from sessions.messages import events
from sessions.specs.spec import Plan, Spec, parse_plan, parse_start
from ticket_explorer.problems import Problem, bind
from ticket_explorer.registry import identity
from ticket_explorer.rewinds.settings import RewindSettings
from ticket_explorer.tasks.settings import TaskSettings

if TYPE_CHECKING:
    from ticket_explorer.tasks.own_data.given import Arrays


_OPEN: "WeakValueDictionary[bytes, Problem]" = WeakValueDictionary()
"""The problems of this process's open sessions."""


class Problems:
    """The problems of a session, each loaded once; open sessions of one process share them."""

    def __init__(self) -> None:
        self.replicates = 1
        """Searches at once, of the session whose problems these are."""
        self._problems: dict[bytes, Problem] = {}

    def of(self, plan: Plan) -> Problem:
        """The problem a plan trains on."""
        key = self.key(plan)
        if key not in self._problems:
            if (problem := _OPEN.get(key)) is None:
                problem = _OPEN[key] = bind(plan.task, plan.network)
            self._problems[key] = problem
        return self._problems[key]

    def close(self) -> None:
        """Give the data back, unless another session has them too."""
        self._problems.clear()

    @staticmethod
    def key(plan: Plan) -> bytes:
        """What tells a problem from all others."""
        return msgspec.msgpack.encode((identity(plan.task), identity(plan.network)))


def taken_up(plan: Plan) -> Plan:
    """The plan as a session keeps it: with what only its task's data tell.

    Raises:
        TicketError: if the data are not there, or can't be learned from.
    """
    return structs.replace(plan, task=plan.task.taken_up())


def spec_taken_up(spec: Spec) -> Spec:
    """The spec with every branch's plan as a session keeps it; data that several branches have are read once.

    Raises:
        TicketError: as `taken_up`.
    """
    return _with_tasks(spec, lambda task: task.taken_up())


def learning_from(spec: Spec, data: "Arrays") -> Spec:
    """The spec with given arrays in place of every branch's task.

    Raises:
        TicketError: if they can't be learned from.
    """
    return _with_tasks(spec, data.task)


def _with_tasks(spec: Spec, other: Callable[[TaskSettings], TaskSettings]) -> Spec:
    """The spec with another task in place of each of its own; equal ones are asked for once."""
    tasks = {msgspec.msgpack.encode(branch.plan.task): branch.plan.task for branch in spec.branches}
    others = {key: other(task) for key, task in tasks.items()}
    plans = [
        structs.replace(branch.plan, task=others[msgspec.msgpack.encode(branch.plan.task)]) for branch in spec.branches
    ]
    branches = [structs.replace(one, plan=plan) for one, plan in zip(spec.branches, plans, strict=True)]
    return structs.replace(spec, branches=tuple(branches))


def plan_of(table: Mapping[str, Any]) -> Plan:
    """The typed plan of a journalled table."""
    return parse_plan(table)


def start_of(borrowed: events.Borrowed) -> RewindSettings | None:
    """Where borrowed tickets start: one of `STARTS`; None: where the round began that lends them."""
    return None if borrowed.start is None else parse_start(borrowed.start)
