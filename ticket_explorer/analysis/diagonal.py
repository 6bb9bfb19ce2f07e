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
        problem: The problem whose loss is differentiated.
        theta: Weights at which the loss bends, [D].
        mask: The entries that are kept.
        split: The split whose first examples give the loss.
        examples: How many; None is what the task finds enough.
    """
    size = min(KNOWN, theta.size)
    drawn = jax.random.rademacher(key, (size + VECTORS, theta.size), jnp.float32)
    first = jnp.where(mask, drawn, 0.0)

    def multiply(vectors: Array, count: Array) -> tuple[Array, tuple[Array, Array]]:
        """The images of some vectors, and a basis of what they span, which is multiplied next."""
        images = products(problem, theta, mask, vectors, count, split, examples)
        basis = jnp.zeros_like(first).at[:size].set(jnp.linalg.qr(images[:size].T)[0].T)
        return basis, (images, basis)

    # A loop, so that products are compiled once and not twice.
    _, (images, bases) = jax.lax.scan(multiply, first, jnp.array([len(first), size]))
    return jnp.where(mask, _estimated(bases[0, :size], images[1, :size], first[size:], images[0, size:]), 0.0)


def _estimated(
    basis: Float[Array, "k D"], images: Float[Array, "k D"], signs: Float[Array, "N D"], whole: Float[Array, "N D"]
) -> Float[Array, " D"]:
    """As `hutchinson.finish`, of H times the basis and H times the signs."""
    left = whole - (signs @ basis.T) @ images
    plain, rest = signs * whole, signs * (left - (left @ basis.T) @ basis)
    twice = ((images @ basis.T) @ basis) * basis
    known = (2 * images * basis - twice).sum(0)
    is_better = jnp.var(rest, 0).sum() < jnp.var(plain, 0).sum()
    found: Array = jnp.where(is_better, known + rest.mean(0), plain.mean(0))
    return found
