"""A look at a policy: one episode of the search mean of replicate 0, as drawings that any face can show."""

from typing import Any

import jax
import numpy as np

from sessions.commands import Episode
from sessions.compiler import Compiler
from sessions.lineage import Lineage, problem_state_of
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
