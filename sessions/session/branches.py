"""A session's branches and their plans: every change is checked first, then journalled."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from sessions.messages import commands, events
from sessions.messages.emit import Emit
from sessions.plans.checks import cautions, check_layout, check_plan, check_scope, check_start, span, try_out
from sessions.plans.controls import control_additions
from sessions.plans.problems import Problems, plan_of, taken_up
from sessions.plans.transfer import Addition, additions, check_spec_transfers, spec_addition
from sessions.session.adopt import Source, adopt
from sessions.specs.overrides import overridden
from sessions.specs.own_code import check_is_repair, trust_changes, trusted_in
from sessions.specs.spec import BranchSpec, Plan, Spec, parse_plan, table_of
from sessions.store import SessionDirectory, check_branch_name
from sessions.tickets.given_ticket import given_arrays
from sessions.tickets.tickets import Lineage
from sessions.views.branch_checks import check_new_names
from sessions.views.branch_view import BranchView, free_name
from sessions.views.densities import found_densities_of
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError, UnknownName


def check_spec(spec: Spec, problems: Problems) -> None:
    """Refuse a spec that can't work.

    Raises:
        TicketError: with what is wrong with a branch's name, its plan, or the tickets it takes.
    """
    for branch in spec.branches:
        check_branch_name(branch.name)
        given = None if branch.ticket is None else given_arrays(branch.ticket, branch.plan, problems)
        check_plan(branch.plan, problems, 1.0 if given is None else given.told.density)
        check_start(branch.plan, problems)
    check_spec_transfers(spec, problems)


class Branches:
    """The branches of one session."""

    def __init__(self, view: SessionView, problems: Problems, emit: Emit) -> None:
        self._view, self._problems, self._emit = view, problems, emit

    def called(self, name: str) -> BranchView:
        """A branch by its name.

        Raises:
            TicketError: if there is none.
        """
        if name not in self._view.branches:
            raise UnknownName("branch", name, self._view.branches)
        return self._view.branches[name]

    def begun(self, specs: tuple[BranchSpec, ...], lineage: Lineage) -> list[events.Event]:
        """The branches of a spec that don't exist yet; those that begin the same way share their dense round.

        Args:
            specs: All branches of the spec.
            lineage: Of the session, which keeps the tickets that files give.

        Raises:
            TicketError: if such a file can't be read, or doesn't fit.
        """
        planned = SessionView()
        planned.branches = dict(self._view.branches)
        told: list[events.Event] = []
        for spec in specs:
            if spec.name not in planned.branches and spec.name not in self._view.former_names:
                added, *sealed = self._begun(spec, planned, lineage)
                planned.apply(added)
                told += [added, *sealed, *self._remarks(spec.name, spec.plan, _said_of(added), told)]
        return told

    def _begun(self, spec: BranchSpec, planned: SessionView, lineage: Lineage) -> list[events.Event]:
        if spec.transfer is not None:
            source = planned.branches[spec.transfer.branch]
            return [self._added(spec_addition(spec.name, spec.plan, spec.transfer, source))]
        itself = Addition(spec.name, spec.plan, None)
        if spec.ticket is not None:
            given = given_arrays(spec.ticket, spec.plan, self._problems)
            added = structs.replace(self._added(itself), given=given.told)
            return [added, lineage.keep_given(spec.name, spec.plan, given)]
        like = next((b for b in planned.branches.values() if _begins_like(b, spec.plan)), None)
        return [self._added(itself, like.name if like else None, 0 if like else None)]

    def fork(self, wish: commands.Branch) -> str:
        """Begin a branch after a finished round of another; returns its name.

        Raises:
            TicketError: if there is no such finished round, or the overrides can't work.
        """
        told = self.forked(wish)
        self._emit(*told)
        return told[0].branch

    def forked(self, wish: commands.Branch) -> tuple[events.BranchAdded, *tuple[events.Remarked, ...]]:
        """The event for a new branch after a finished round of another.

        Raises:
            TicketError: if there is no such finished round, or the overrides can't work.
        """
        parent, round_ = wish.parent, wish.round
        view, known = self.called(parent), self._view.round(parent, round_)
        if known is None or known.finished is None:
            numbers = [known.number for known in self._view.lineage(parent) if known.finished]
            raise TicketError(f"Branch {parent!r} has no finished round {round_}; finished are {span(numbers)}.")
        plan = _changed(view, wish.overrides)
        if plan == plan_of(view.plan) and plan.pruning.rounds <= round_ + 1:
            said = f"It would be the same as branch {parent!r}, with nothing to run: round {round_} is its last one."
            raise TicketError(said, remedy="Change something, give it more rounds, or begin after an earlier round.")
        first = self._first_generations(parent)
        check_plan(plan, self._problems, found_densities_of(self._view, parent, round_), round_, first)
        check_scope(plan, [known for known in self._view.lineage(parent) if known.number <= round_], self._problems)
        check_layout(plan, plan_of(known.plan), self._problems)
        check_start(plan, self._problems, plan_of(view.plan))
        name = wish.name or free_name(parent, [*self._view.branches, *self._view.former_names])
        check_new_names([name], self._view)
        added = self._added(Addition(name, plan, None), self._view.owner(parent, round_), round_)
        return added, *self._remarks(name, plan, overridden(view.plan, wish.overrides).said)

    def transfer(self, wish: commands.Transfer) -> list[str]:
        """Begin the branches of a transfer; returns their names, the transferred one first.

        Raises:
            TicketError: if there is no such round, or the tickets don't fit.
        """
        return self._add(additions(self._view, self._problems, wish))

    def decompose(self, wish: commands.Decompose) -> list[str]:
        """Begin the controls of a branch's tickets that don't exist yet; returns their names.

        Raises:
            TicketError: if there is no such round, or all controls are there.
        """
        self.called(wish.branch)
        return self._add(control_additions(self._view, self._problems, wish))

    def adopt(self, source: Source, name: str | None, into: SessionDirectory) -> str:
        """Import a branch of another session; returns its name here.

        Raises:
            TicketError: if its name is taken, or one of its files is damaged.
        """
        adopted, sealed = adopt(source, name, into, self._view)
        self._emit(adopted, *sealed)
        return adopted.branch

    def change_plan(self, branch: str, overrides: Mapping[str, Any]) -> None:
        """Change the plan of a branch's coming rounds and its next pruning.

        Raises:
            TicketError: if that can't work.
        """
        view = self.called(branch)
        plan = _changed(view, overrides)
        done = view.next_round - 1
        density = found_densities_of(self._view, branch, done) if done >= 0 else 1.0
        check_plan(plan, self._problems, density, max(done, 0), self._first_generations(branch))
        check_scope(plan, list(self._view.lineage(branch)), self._problems)
        check_start(plan, self._problems, plan_of(view.plan))
        said = self._remarks(branch, plan, overridden(view.plan, overrides).said)
        self._emit(events.PlanChanged(at=time.time(), branch=branch, plan=table_of(plan)), *said)

    def changed(self, branch: str, overrides: Mapping[str, Any]) -> Plan:
        """The plan that a branch would have.

        Raises:
            TicketError: if there is no such branch, or the overrides can't work.
        """
        return _changed(self.called(branch), overrides)

    def try_out(self, branch: str, overrides: Mapping[str, Any]) -> None:
        """Try the code of one's own in the plan that a branch would have.

        Raises:
            TicketError: if it fails, or the overrides can't work.
        """
        plan = self.changed(branch, overrides)
        try_out(plan, self._problems)

    def switch_code(self, branch: str, overrides: Mapping[str, Any]) -> None:
        """Go on with other code of one's own in a branch's environment or network.

        Raises:
            TicketError: if that can't work.
        """
        view = self.called(branch)
        check_is_repair(view.plan, overrides)
        check_layout(_changed(view, overrides), plan_of(view.plan), self._problems)
        self.change_plan(branch, overrides)

    def _add(self, additions: Sequence[Addition]) -> list[str]:
        """Begin these branches, all or none; returns their names."""
        told: list[events.Event] = []
        for one in additions:
            told += [self._added(one), *self._remarks(one.name, one.plan, one.said, told)]
        self._emit(*told)
        return [one.name for one in additions]

    def _added(self, addition: Addition, parent: str | None = None, round_: int | None = None) -> events.BranchAdded:
        problem = self._problems.of(addition.plan)
        leaves = [
            events.LeafShape(name=leaf.name, shape=list(leaf.shape), prunable=leaf.prunable) for leaf in problem.layout
        ]
        return events.BranchAdded(
            at=time.time(),
            branch=addition.name,
            parent=parent,
            parent_round=round_,
            plan=table_of(addition.plan),
            leaves=leaves,
            input_shape=list(problem.input_shape),
            borrowed=addition.borrowed,
        )

    def _remarks(
        self, branch: str, plan: Plan, said: Sequence[str], told: Sequence[events.Event] = ()
    ) -> list[events.Remarked]:
        """Remarks on what a branch could not keep and what its plan may not mean, unless they were made already.

        Args:
            branch: The name to use in the sentences.
            plan: The plan of its coming rounds.
            said: Sentences about settings that it could not keep.
            told: The events about to be journalled.
        """
        texts = [*(f"Branch {branch}: {sentence}" for sentence in said), *cautions(plan)]
        about_to_be = {event.text for event in told if isinstance(event, events.Remarked)}
        new = [text for text in texts if text not in about_to_be and not self._view.says(text)]
        return [events.Remarked(at=time.time(), text=text) for text in new]

    def _first_generations(self, branch: str) -> int | None:
        first = self._view.round(branch, 0)
        return None if first is None else first.generations


def _changed(view: BranchView, overrides: Mapping[str, Any]) -> Plan:
    """A branch's plan with overrides; this user's arguments for code that may run are trusted with it."""
    known, plan = trusted_in(view.plan), parse_plan(view.plan, overrides)
    trust_changes(known, table_of(plan))
    return taken_up(plan)


def _said_of(added: events.Event) -> list[str]:
    """Where a branch's first ticket comes from, if a file gave it."""
    if not isinstance(added, events.BranchAdded) or added.given is None:
        return []
    given = added.given
    weights = "fresh weights" if given.weights == "fresh" else f"its {given.weights} weights"
    return [f"its ticket is that of {given.path}, which keeps {given.density:.3g} of the weights, with {weights}."]


def _begins_like(branch: BranchView, plan: Plan) -> bool:
    is_its_own = branch.parent is None and not (branch.borrowed or branch.given or branch.adopted)
    return is_its_own and plan_of(branch.plan).trains_like(plan)
