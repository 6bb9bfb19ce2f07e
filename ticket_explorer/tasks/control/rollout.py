"""One episode of one policy, kept step by step, so that it can be looked at."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.problems import Problem, ProblemState
from ticket_explorer.tasks.control.environment import EnvironmentState
from ticket_explorer.tasks.control.scene import Scene


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Rollout:
    """An episode; what follows its end repeats its last step and is not alive."""

    states: EnvironmentState
    """Of the environment, before each step: arrays [T, ...]."""
    observations: Array | np.ndarray
    """[T, ...], float."""
    rewards: Array | np.ndarray
    """[T], float, of the step that was taken; 0 after the end."""
    alive: Array | np.ndarray
    """[T], bool: whether the step was taken."""


@runtime_checkable
class WatchableProblem(Problem, Protocol):
    """A problem whose solution can be watched."""

    def rollout(self, key: Array, theta: Float[Array, " D"], state: ProblemState) -> Rollout:
        """An episode of θ; jit-able."""
        ...

    def scene(self, rollout: Rollout) -> Scene:
        """An episode, on the host, as drawings."""
        ...

    def page(self, rollout: Rollout) -> str | None:
        """An episode as a page of HTML by the environment's own renderer; None if it has none."""
        ...


def on_the_host(rollout: Rollout) -> Rollout:
    """The steps that were taken, as NumPy arrays; at least one."""
    alive = np.asarray(rollout.alive)
    length = max(int(alive.sum()), 1)
    taken: Rollout = jax.tree.map(lambda leaf: np.asarray(leaf)[:length], rollout)
    return taken
