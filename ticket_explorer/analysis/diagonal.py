"""The diagonal of a loss's Hessian as one pure function, for pruners: it can be jitted, and batched over replicates.

The estimate is that of `hutchinson.py`; the basis that it is deflated by is what the Hessian makes of some random
vectors (Meyer et al. 2021), in place of Lanczos's, which would go one after another.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ticket_explorer.analysis.products import products
from ticket_explorer.problems import CurvedProblem, Split

KNOWN = 20
"""Vectors of the basis."""
VECTORS = 64


@partial(jax.jit, static_argnames=("split", "examples"))
def hessian_diagonal(
    key: Array,
    problem: CurvedProblem,
    theta: Float[Array, " D"],
    mask: Bool[Array, " D"],
    split: Split,
    examples: int | None = None,
) -> Float[Array, " D"]:
    """∂²L/∂θ_i² of the kept entries, estimated; zero at the others.

    Args:
        key: Draws the vectors.
        problem: Whose loss.
        theta: Where.
        mask: The entries that are kept.
        split: Whose first examples the loss is of.
        examples: How many; None is what the task finds enough.
    """
    known_key, chance_key = jax.random.split(key)
    multiply = partial(_multiplied, problem, theta, mask, split, examples)
    start = jax.random.normal(known_key, (min(KNOWN, theta.size), theta.size))
    basis = jnp.linalg.qr(multiply(start).T)[0].T
    images = multiply(basis)
    signs = jnp.where(mask, jax.random.rademacher(chance_key, (VECTORS, theta.size), jnp.float32), 0.0)
    whole = multiply(signs)
    left = whole - (signs @ basis.T) @ images
    plain, rest = signs * whole, signs * (left - (left @ basis.T) @ basis)
    twice = ((images @ basis.T) @ basis) * basis
    known = (2 * images * basis - twice).sum(0)
    is_better = jnp.var(rest, 0).sum() < jnp.var(plain, 0).sum()
    found: Array = jnp.where(mask, jnp.where(is_better, known + rest.mean(0), plain.mean(0)), 0.0)
    return found


def _multiplied(
    problem: CurvedProblem, theta: Array, mask: Array, split: Split, examples: int | None, vectors: Float[Array, "N D"]
) -> Float[Array, "N D"]:
    return products(problem, theta, mask, vectors, jnp.int32(len(vectors)), split, examples)
