"""Walking through points of weight space: init, step, finish, a few points a step.

A step is one call of one executable, whatever the number of its points (the loop's bound is an
argument) and whichever analysis asks: curvature and surfaces share it. So a walk costs one
compilation, may be cut anywhere, and comes out the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ticket_explorer.analysis.analysis import Points, Seen
from ticket_explorer.backend import backend
from ticket_explorer.problems import Evaluation, MeasurableProblem, ProblemState

SLICE = 512
"""The most points a step."""
BLOCK = 16
"""Points at once on a CPU: as many as a population forward takes at once, and the least a step can have."""
BLOCK_ELSEWHERE = 128

Evaluate = Callable[[int, Float[np.ndarray, "n K"]], Evaluation]
"""From a row and the coefficients of at most `SLICE` points to what their networks do, [n] or longer."""


@dataclass(frozen=True)
class Walk:
    """How far a walk is. Points count through all rows, one after another: replicates, or draws of each replicate."""

    loss: Float[np.ndarray, "rows N"]
    score: Float[np.ndarray, "rows N"]
    done: int = 0

    @property
    def total(self) -> int:
        """How many points there are."""
        return self.loss.size


def init(points: Points) -> Walk:
    """The state before the first point."""
    shape = (len(points.basis) * points.draws, len(points.coefficients))
    return Walk(np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32))


def step(walk: Walk, points: Points, evaluate: Evaluate, count: int = SLICE) -> Walk:
    """Evaluate the next `count` points, or fewer if they are the last of a row."""
    row, first = divmod(walk.done, len(points.coefficients))
    chosen = points.coefficients[first : first + min(count, SLICE)]
    found = evaluate(row, chosen)
    loss, score = walk.loss.copy(), walk.score.copy()
    loss[row, first : first + len(chosen)] = np.asarray(found.loss)[: len(chosen)]
    score[row, first : first + len(chosen)] = np.asarray(found.score)[: len(chosen)]
    return replace(walk, loss=loss, score=score, done=walk.done + len(chosen))


def finish(walk: Walk, points: Points) -> Seen:
    """What was seen of the points."""
    return Seen(walk.loss, walk.score, points)


def block() -> int:
    """Points at once on this backend."""
    return BLOCK if backend() == "cpu" else BLOCK_ELSEWHERE


def padded(points: Points) -> Points:
    """The same points with a basis of a size that many analyses share: 8, 16, 32 … vectors, those added being zero."""
    missing = max(8, 1 << (points.basis.shape[1] - 1).bit_length()) - points.basis.shape[1]

    def fill(array: np.ndarray) -> np.ndarray:
        return np.pad(array, [(0, 0), (0, missing), *[(0, 0)] * (array.ndim - 2)])

    return replace(
        points,
        basis=fill(points.basis),
        coefficients=fill(points.coefficients),
        states=jax.tree.map(fill, points.states),
    )


def blocks_of(coefficients: Float[np.ndarray, "n K"]) -> tuple[Float[np.ndarray, "SLICE K"], np.int32]:
    """The coefficients filled up to `SLICE` rows, and how many blocks of them are to be evaluated."""
    filled = np.zeros((SLICE, coefficients.shape[1]), np.float32)
    filled[: len(coefficients)] = coefficients
    return filled, np.int32(ceil(len(coefficients) / block()))


def evaluated(
    problem: MeasurableProblem,
    key: Array,
    basis: Float[Array, "K D"],
    coefficients: Float[Array, "SLICE K"],
    blocks: Int[Array, ""],
    states: ProblemState,
    examples: int | None,
) -> Evaluation:
    """Loss and score of the first `blocks` blocks of points; the rest is NaN.

    Args:
        problem: The task with its network, whose loss is evaluated.
        key: Of the held-out examples.
        basis: K weight vectors; a point is a linear combination of them.
        coefficients: One point a row.
        blocks: How many blocks of `block()` rows to evaluate; not static.
        states: What the task carries for each vector, arrays [K, ...].
        examples: How many held-out examples (static).
    """
    size = block()

    def one(i: Array, found: Evaluation) -> Evaluation:
        chosen = jax.lax.dynamic_slice_in_dim(coefficients, i * size, size)
        population = jnp.matmul(chosen, basis, precision=jax.lax.Precision.HIGHEST)
        new = problem.evaluate(key, population, jax.tree.map(partial(_mixed, chosen), states), examples)
        after: Evaluation = jax.tree.map(
            lambda whole, part: jax.lax.dynamic_update_slice_in_dim(whole, part.astype(whole.dtype), i * size, 0),
            found,
            new,
        )
        return after

    empty = jnp.full((SLICE,), jnp.nan, jnp.float32)
    result: Evaluation = jax.lax.fori_loop(0, blocks, one, Evaluation(empty, empty))
    return result


def _mixed(coefficients: Float[Array, "n K"], states: Array) -> Array:
    """The combinations [n, ...] of states [K, ...]."""
    mixed = jnp.tensordot(coefficients, states.astype(jnp.float32), 1, precision=jax.lax.Precision.HIGHEST)
    return mixed.astype(states.dtype)
