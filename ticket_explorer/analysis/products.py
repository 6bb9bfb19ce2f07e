"""Products of the loss's Hessian with vectors, without the matrix: forward over reverse.

The gradient is linearised once a call, and its tangents are taken one vector after another: what belongs to θ
alone is shared, and one executable serves any number of vectors (the loop's bound is an argument). Examples come
in parts, each of which is done with before the next, so that memory doesn't grow with them.

Pearlmutter (1994), Fast Exact Multiplication by the Hessian, Neural Computation 6.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.problems import CurvedProblem, Split

AT_ONCE = 16
"""The most vectors a call."""
PART = 200
"""Examples at once."""


def products(
    problem: CurvedProblem,
    theta: Float[Array, " D"],
    mask: Bool[Array, " D"],
    vectors: Float[Array, "N D"],
    count: Int[Array, ""],
    split: Split,
    examples: int | None,
) -> Float[Array, "N D"]:
    """M H M v of the first `count` vectors, where M keeps the entries of the mask; the rest is zero.

    Args:
        problem: The problem whose loss is differentiated.
        theta: Weights at which the loss bends, [D].
        mask: The weights that may move; the others neither enter a product nor come out of it.
        vectors: One a row.
        count: How many of them; not static.
        split: The split whose first examples give the loss (static).
        examples: How many (static); None is what the task finds enough.
    """
    given = problem.fixed_examples(split, examples, PART)

    def of_part(total: Array, part: tuple[Any, Array]) -> tuple[Array, None]:
        chosen, weights = part
        gradient = jax.grad(lambda weight: jnp.sum(weights * problem.losses(weight, chosen)))
        _, tangent = jax.linearize(gradient, theta)

        def one(i: Array, sums: Array) -> Array:
            return sums.at[i].add(jnp.where(mask, tangent(jnp.where(mask, vectors[i], 0.0)), 0.0))

        return jax.lax.fori_loop(0, count, one, total), None

    found: Array = jax.lax.scan(of_part, jnp.zeros_like(vectors), (given.examples, given.weights))[0]
    return found
