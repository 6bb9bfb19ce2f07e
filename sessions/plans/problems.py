"""The problems that plans train on, each loaded once, and plans as they are journalled."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import msgspec
from msgspec import structs

from sessions.messages import events
from sessions.specs.spec import Plan, Spec, parse_plan, parse_start
from ticket_explorer.backend import device_kind
from ticket_explorer.errors import InvalidValue
from ticket_explorer.networks.form_table import chosen
from ticket_explorer.networks.forms import Form
from ticket_explorer.networks.network import FormedNetwork
from ticket_explorer.problems import FormedProblem, Problem, bind, with_forms
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
        """How many searches the session runs together."""
        self._problems: dict[bytes, Problem] = {}
        self._forms: dict[object, Form | None] = {}

    def of(self, plan: Plan) -> Problem:
        """The problem a plan trains on."""
        key = self.key(plan)
        if key not in self._problems:
            if (problem := _OPEN.get(key)) is None:
                problem = _OPEN[key] = bind(plan.task, plan.network)
            self._problems[key] = problem
        return self._problems[key]

    def form(self, plan: Plan) -> Form | None:
        """The form of a plan's populations here: the measured one, or the usual one; None if there is no choice.

        Raises:
            TicketError: if what this user measured can't be read.
        """
        key = self._form_key(plan)
        if key not in self._forms:
            self._forms[key] = self._fastest(plan)
        return self._forms[key]

    def former_form(self, plan: Plan) -> Form | None:
        """The form of rounds that began before forms were journalled; None if there is no choice."""
        found = self._with_forms(plan)
        return None if found is None else found[1].former_form

    def take_form(self, plan: Plan, form: Form) -> None:
        """Compute a plan's populations in another form from now on, because the measured one doesn't fit."""
        self._forms[self._form_key(plan)] = form

    def _form_key(self, plan: Plan) -> object:
        return self.key(plan), plan.trainer.individuals, self.replicates

    def _with_forms(self, plan: Plan) -> tuple[FormedProblem, FormedNetwork] | None:
        """A plan's problem and network, if the plan evaluates populations and the network has forms."""
        return with_forms(self.of(plan)) if plan.trainer.has_population else None

    def _fastest(self, plan: Plan) -> Form | None:
        found, individuals = self._with_forms(plan), plan.trainer.individuals
        if found is None or individuals is None:
            return None
        problem, network = found
        work = problem.work(individuals, self.replicates)
        measured, usual = chosen(device_kind(), work), network.usual_form
        known = {form.kind for form in (usual, *network.forms(individuals, work.examples))}
        return measured if measured is not None and measured.kind in known else usual

    def close(self) -> None:
        """Release the data, unless another session uses them too."""
        self._problems.clear()

    @staticmethod
    def key(plan: Plan) -> bytes:
        """A key that identifies a problem."""
        return msgspec.msgpack.encode((identity(plan.task), identity(plan.network)))


def taken_up(plan: Plan) -> Plan:
    """The plan as a session keeps it: with what was measured of its task's data.

    Raises:
        TicketError: if the data are not there, or can't be learned from.
    """
    return structs.replace(plan, task=plan.task.taken_up())


def spec_taken_up(spec: Spec, data: "Arrays | None" = None) -> Spec:
    """The spec with every branch's plan as a session keeps it; data that several branches share are read once.

    Args:
        spec: What was asked for.
        data: Arrays in place of every branch's task.

    Raises:
        TicketError: as `taken_up`, or if the arrays can't be learned from.
    """
    return _with_tasks(spec if data is None else learning_from(spec, data), lambda task: task.taken_up())


def learning_from(spec: Spec, data: "Arrays") -> Spec:
    """The spec with given arrays in place of every branch's task.

    Raises:
        TicketError: if they can't be learned from.
    """
    if not hasattr(data, "task"):
        instead = "in the spec's task, tx.code_of(my_data) names a function"
        expected = f"tx.Arrays(x_train, y_train, x_test, y_test); {instead}"
        raise InvalidValue("data", repr(data), expected)
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
    """Where borrowed tickets start: one of `STARTS`; None: where the lending round began."""
    return None if borrowed.start is None else parse_start(borrowed.start)
