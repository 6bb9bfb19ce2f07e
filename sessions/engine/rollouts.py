"""A look at a policy: one episode of the search mean of replicate 0, as drawings that any face can show."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from sessions.messages.commands import Episode
from sessions.plans.problems import Problems, plan_of
from sessions.specs.spec import parse_spec
from sessions.store import SessionDirectory
from sessions.tickets.compiler import Compiler
from sessions.tickets.tickets import Lineage, problem_state_of
from sessions.views.reading import read_header
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import Purpose, random_bits, replicate_keys
from ticket_explorer.problems import Problem
from ticket_explorer.tasks.control.rollout import Rollout, WatchableProblem, on_the_host


def rollout(
    problem: Problem, problem_key: bytes, compiler: Compiler, seed: int, number: int, mean: Any, states: Any
) -> Rollout:
    """One episode of replicate 0, on the host.

    Args:
        problem: Of the round.
        problem_key: What tells it from all others.
        compiler: Has or makes the executable.
        seed: Of the session.
        number: Of the round: its first test episode is played.
        mean: Search means, [R, D].
        states: What the task carries, arrays [R, ...].

    Raises:
        TicketError: if the task has no policy that could be watched.
    """
    if not isinstance(problem, WatchableProblem):
        raise TicketError("Only control tasks have a policy that can be watched; this one classifies images.")
    key = replicate_keys(seed, 1, Purpose.SCORE, number)[0]
    first = jax.tree.map(lambda leaf: leaf[0], (mean, states))
    with random_bits():
        played = compiler.get(
            ("rollout", problem_key),
            lambda: (lambda problem, *rest: problem.rollout(*rest), problem, key, *first),
        )(problem, key, *first)
    return on_the_host(played)


def finished_rollout(
    lineage: Lineage, problem: Problem, problem_key: bytes, compiler: Compiler, seed: int, branch: str, number: int
) -> Rollout:
    """The same of a finished round, from its file."""
    arrays = lineage.arrays(branch, number)
    states = problem_state_of(arrays, problem)
    return rollout(problem, problem_key, compiler, seed, number, arrays.mean, states)


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
    directory = SessionDirectory.open_for_reading(path)
    spec = parse_spec(read_header(directory).spec)
    problems, compiler = Problems(), Compiler()
    lineage = Lineage(directory, view, problems, compiler, spec.seed, spec.replicates)
    lineage.arrays(branch, number)  # says so if the round is not finished
    round_ = view.round(branch, number)
    assert round_ is not None
    plan = plan_of(round_.plan)
    problem = problems.of(plan)
    played = finished_rollout(lineage, problem, problems.key(plan), compiler, spec.seed, branch, number)
    assert isinstance(problem, WatchableProblem)
    return ExportedRollout(episode(problem, played, branch, number, round_.done), problem.page(played))
