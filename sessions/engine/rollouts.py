"""One episode of a policy, the search mean of replicate 0, as drawings that any face can show."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from sessions.messages.commands import Episode
from sessions.plans.problems import plan_of
from sessions.specs.spec import Plan
from sessions.tickets.tickets import Lineage, problem_state_of
from sessions.tickets.workbench import Workbench
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import Purpose, arithmetic, replicate_keys
from ticket_explorer.tasks.control.rollout import Rollout, WatchableProblem, on_the_host


def rollout(bench: Workbench, plan: Plan, number: int, mean: Any, states: Any) -> Rollout:
    """One episode of replicate 0, on the host.

    Args:
        bench: What the session works with.
        plan: The round's plan.
        number: The round's number; its first test episode is played.
        mean: The search means, [R, D].
        states: What the task carries, arrays [R, ...].

    Raises:
        TicketError: if the task has no policy that could be watched.
    """
    problem = bench.problem(plan)
    if not isinstance(problem, WatchableProblem):
        raise TicketError("Only control tasks have a policy to watch; this one classifies images.")
    key = replicate_keys(bench.seed, 1, Purpose.SCORE, number)[0]
    first = jax.tree.map(lambda leaf: leaf[0], (mean, states))
    with arithmetic():
        played = bench.compiler.get(
            ("rollout", bench.problems.key(plan)),
            lambda: (lambda problem, *rest: problem.rollout(*rest), problem, key, *first),
        )(problem, key, *first)
    return on_the_host(played)


def finished_rollout(lineage: Lineage, plan: Plan, branch: str, number: int) -> Rollout:
    """The same for a finished round, from its file."""
    arrays = lineage.arrays(branch, number)
    states = problem_state_of(arrays, lineage.bench.problem(plan))
    return rollout(lineage.bench, plan, number, arrays.mean, states)


def episode(problem: WatchableProblem, played: Rollout, branch: str, number: int, generation: int) -> Episode:
    """An episode as drawings."""
    scene = problem.scene(played)
    drawn = scene.segments if scene.segments is not None else scene.cells
    assert drawn is not None
    return Episode(
        branch=branch,
        round=number,
        generation=generation,
        kind="cells" if scene.segments is None else "segments",
        shape=list(drawn.shape),
        drawings=np.ascontiguousarray(drawn, "<f4").tobytes(),
        bounds=list(scene.bounds),
        rewards=np.ascontiguousarray(played.rewards, "<f4").tobytes(),
    )


@dataclass(frozen=True)
class ExportedRollout:
    """One episode of a finished round's policy."""

    episode: Episode
    page: str | None
    """As a page of HTML by the environment's own renderer, if it has one."""


def exported_rollout(path: Path, view: SessionView, branch: str, number: int) -> ExportedRollout:
    """One episode of a finished round's policy, replicate 0; loads JAX and the problem.

    Raises:
        TicketError: if there is no such finished round, or the task has no policy.
    """
    lineage = Lineage(Workbench.of(path, view))
    lineage.arrays(branch, number)  # says so if the round is not finished
    round_ = view.round(branch, number)
    assert round_ is not None
    plan = plan_of(round_.plan)
    played, problem = finished_rollout(lineage, plan, branch, number), lineage.bench.problem(plan)
    assert isinstance(problem, WatchableProblem)
    return ExportedRollout(episode(problem, played, branch, number, round_.done), problem.page(played))
