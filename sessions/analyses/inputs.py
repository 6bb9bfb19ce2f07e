"""The inputs of an analysis: weights of the running round, or of finished ones, read from disk.

What can't be analysed is refused here with a sentence, before anything is computed.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

import jax
import numpy as np
from msgspec import structs

from sessions.plans.checks import span
from sessions.plans.controls import finished_controls, tickets_of
from sessions.plans.problems import plan_of
from sessions.plans.twins import twin_of
from sessions.specs.spec import Plan
from sessions.tickets.tickets import Lineage, problem_state_of
from sessions.views.branch_view import RoundView
from ticket_explorer.analysis.analysis import Analysis, CurvedAnalysis, Subject, Trained
from ticket_explorer.analysis.settings import AnalysisSettings
from ticket_explorer.analysis.way import Way
from ticket_explorer.errors import TicketError, UnknownName
from ticket_explorer.networks.settings import NetworkSettings
from ticket_explorer.problems import CurvedProblem, MeasurableProblem, ProblemState, curved
from ticket_explorer.registry import implementation_of, name_of
from ticket_explorer.tasks.settings import TaskSettings
from ticket_explorer.trainers.trainer import TrainingResult


@dataclass(frozen=True)
class RoundState:
    """Weights after some generation of a round, and everything that their loss depends on."""

    plan: Plan
    trained: Trained
    generation: int


class Subjects:
    """The rounds of a session, as analyses see them."""

    def __init__(self, lineage: Lineage) -> None:
        self.bench = lineage.bench
        self._lineage, self._view, self._problems = lineage, lineage.bench.view, lineage.bench.problems

    def check(self, settings: AnalysisSettings, branch: str, number: int | None) -> None:
        """Refuse what can't be analysed; `number` None is the running round, or the last finished one.

        Raises:
            TicketError: with a sentence that says what would work.
        """
        finished = self._finished(branch)
        numbers = [round_.number for round_ in finished]
        running = self._view.running
        is_running = running is not None and running.branch == branch
        if number is not None and number not in numbers:
            raise TicketError(
                f"Round {number} of branch {branch!r} is not finished, so there is nothing to analyse yet; "
                f"finished are {span(numbers)}. Omit the round to look at the current weights."
            )
        if not finished and (settings.looks_at != "state" or not is_running):
            raise TicketError(f"Branch {branch!r} has no finished round yet to analyse; run a round first.")
        if settings.compared_with is not None:
            self._check_other(branch, settings.compared_with)
        if settings.looks_at == "controls":
            finished_controls(self._view, branch)
        self._check_curved(settings, branch)

    def completed(self, settings: AnalysisSettings, branch: str) -> AnalysisSettings:
        """The settings, with a default for the second branch if none is named.

        Raises:
            TicketError: if there is none.
        """
        is_open = settings.beside == "twin" and settings.compared_with is None
        if not is_open or branch not in self._view.branches:
            return settings
        if (twin := twin_of(self._view, branch)) is None:
            raise TicketError(
                f"No other branch trains the tickets of {branch!r} under different noise and has a finished round; add "
                "one with the same initial weights, or by transfer, and with its own noise_seed, and run it."
            )
        return structs.replace(settings, other=twin)

    def state_of(self, branch: str, number: int) -> RoundState:
        """A finished round.

        Raises:
            TicketError: if its file is missing or damaged.
        """
        round_ = self._view.round(branch, number)
        assert round_ is not None
        assert round_.finished is not None
        plan = plan_of(round_.plan)
        arrays = self._lineage.arrays(branch, number)
        score = np.array([np.nan if value is None else value for value in round_.finished.score])
        state = problem_state_of(arrays, self._problems.of(plan))
        found = arrays.mean, arrays.std, arrays.mask
        way = Way(*arrays.way) if arrays.way else None
        trained = Trained(round_.branch, number, *found, round_.density, score, way=way, state=state)
        return RoundState(plan, trained, round_.finished.generations)

    def last(self, branch: str) -> int:
        """The number of the branch's last finished round."""
        return self._finished(branch)[-1].number

    def subject(self, settings: AnalysisSettings, branch: str, state: RoundState) -> Subject:
        """Everything that an analysis needs besides the weights themselves."""
        problem = self._problems.of(state.plan)
        other = settings.compared_with
        line = self._line(settings, branch, state)
        if settings.beside == "twin" and other is not None:
            line = tuple(trained for trained in line if self._is_of_one_ticket(branch, other, trained.number))
        return Subject(
            layout=problem.layout,
            input_shape=problem.input_shape,
            centre=self._begun(state, branch) if settings.looks_at == "round" else state.trained,
            line=line,
            other=self._all(other) if other is not None else (),
            controls=self._controls(branch) if settings.looks_at == "controls" else {},
            problem=problem,
        )

    def measurable(self, plan: Plan) -> MeasurableProblem:
        """The plan's problem, as a landscape is evaluated on it.

        Raises:
            TicketError: if it has no held-out examples of its own.
        """
        problem = self._problems.of(plan)
        if not isinstance(problem, MeasurableProblem):
            raise TicketError(
                f"The task {name_of(plan.task)!r} has no fixed held-out examples to evaluate a landscape on; "
                "its layers and its SNR can be analysed."
            )
        return problem

    def _begun(self, state: RoundState, branch: str) -> Trained:
        """The weights, with the start of their round if it is known."""
        with suppress(TicketError):
            start = np.asarray(self._lineage.trained(branch, state.trained.number).start)
            return replace(state.trained, start=start)
        return state.trained

    def _check_curved(self, settings: AnalysisSettings, branch: str) -> None:
        analysis: Analysis = implementation_of(settings)(settings)
        if isinstance(analysis, CurvedAnalysis):
            *_, last = self._view.lineage(branch)
            problem = self._problems.of(plan_of(last.plan))
            if analysis.wanted(isinstance(problem, CurvedProblem)) is not None:
                curved(problem)

    def _line(self, settings: AnalysisSettings, branch: str, state: RoundState) -> tuple[Trained, ...]:
        if settings.looks_at == "round":
            has_dense = self._finished(branch) and state.trained.number > 0
            return (self.state_of(branch, 0).trained if has_dense else state.trained,)
        if settings.looks_at == "controls":
            return self._all(tickets_of(self._view, branch) or branch)
        return self._all(branch) if settings.looks_at in ("line", "lines") else ()

    def _controls(self, branch: str) -> dict[str, tuple[Trained, ...]]:
        return {control: self._all(name) for control, name in finished_controls(self._view, branch).items()}

    def _is_of_one_ticket(self, branch: str, other: str, number: int) -> bool:
        """Whether both branches have a finished round of this number that began with the same weights."""
        known = self._view.round(other, number)
        if known is None or known.finished is None or known is self._view.round(branch, number):
            return False
        own, theirs = (self._lineage.trained(name, number) for name in (branch, other))
        return np.array_equal(own.mask, theirs.mask) and np.array_equal(own.start, theirs.start)

    def _all(self, branch: str) -> tuple[Trained, ...]:
        return tuple(self.state_of(branch, round_.number).trained for round_ in self._finished(branch))

    def _finished(self, branch: str) -> list[RoundView]:
        if branch not in self._view.branches:
            raise UnknownName("branch", branch, self._view.branches)
        return [round_ for round_ in self._view.lineage(branch) if round_.finished is not None]

    def _check_other(self, branch: str, other: str) -> None:
        if not self._finished(other):
            raise TicketError(f"Branch {other!r} has no finished round yet; run a round of it first.")
        plans = [plan_of(self._finished(name)[-1].plan) for name in (branch, other)]
        if _measured(plans[0]) != _measured(plans[1]):
            tasks = " and ".join(f"{name_of(plan.network)} on {name_of(plan.task)}" for plan in plans)
            raise TicketError(
                f"Branches {branch!r} and {other!r} train different problems ({tasks}), so no loss is defined "
                "between them; compare branches of one task and network."
            )


def _measured(plan: Plan) -> tuple[TaskSettings, NetworkSettings]:
    """What a plan's losses depend on: its problem, except for how training batches are drawn."""
    return plan.task.as_measured(), plan.network


def trained_now(branch: str, number: int, result: TrainingResult, state: ProblemState) -> Trained:
    """A running round's weights, on the host."""
    mean, std, mask = jax.tree.map(np.asarray, (result.mean, result.std, result.mask))
    return Trained(branch, number, mean, std, mask, state=jax.tree.map(np.asarray, state))
