"""ClipUp: steps along the normalised gradient with momentum and a limited speed.

Toklu, Liskowski & Srivastava (2020), ClipUp: A Simple and Powerful Optimizer for Distribution-based
Policy Evolution, PPSN XVI, Algorithm 1. evosax 0.3.2 has one too, but it calls what optax deprecates.
"""

from typing import NamedTuple

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

EPSILON = 1e-8


class ClipUpState(NamedTuple):
    """v, the last step."""

    velocity: Float[Array, " n"]


def clipup(
    learning_rate: float | Float[Array, ""], max_velocity: float = 0.1, momentum: float = 0.9
) -> optax.GradientTransformation:
    """v ← momentum · v + learning_rate · g / |g|, shortened to `max_velocity`; the step is −v.

    Args:
        learning_rate: α, the length that a gradient adds.
        max_velocity: The longest step.
        momentum: m in [0, 1).
    """

    def init(mean: Float[Array, " n"]) -> ClipUpState:
        return ClipUpState(jnp.zeros_like(mean))

    def update(
        gradient: Float[Array, " n"], state: ClipUpState, mean: Float[Array, " n"] | None = None
    ) -> tuple[Float[Array, " n"], ClipUpState]:
        direction = gradient / (jnp.linalg.norm(gradient) + EPSILON)
        velocity = momentum * state.velocity + learning_rate * direction
        speed = jnp.linalg.norm(velocity)
        velocity = velocity * jnp.minimum(1.0, max_velocity / (speed + EPSILON))
        return -velocity, ClipUpState(velocity)

    return optax.GradientTransformation(init, update)  # pyright: ignore[reportArgumentType] narrower states than optax
