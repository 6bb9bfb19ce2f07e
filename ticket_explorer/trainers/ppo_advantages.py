"""What the steps of an unroll were worth.

Schulman et al. (2016), High-Dimensional Continuous Control Using Generalized Advantage Estimation, equation 16: a
step's advantage looks ahead to the end of its episode or of its unroll, whichever comes first, and the value network
answers for what follows.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


@dataclass(frozen=True)
class Estimates:
    """What the value network should say, and how much better than that an action was."""

    advantages: Float[Array, "L U"]
    targets: Float[Array, "L U"]


def estimates(
    rewards: Float[Array, "L U"],
    values: Float[Array, "L U"],
    next_values: Float[Array, "L U"],
    ended: Bool[Array, "L U"],
    discount: float,
    gae_lambda: float,
) -> Estimates:
    """Advantages by equation 16, and targets: values and advantages.

    Args:
        rewards: Of L steps one after another, in each of U unrolls.
        values: Before each step.
        next_values: After it; 0 where the episode terminated.
        ended: Whether the episode ended with it.
        discount: γ in [0, 1], what a reward a step later is worth.
        gae_lambda: λ in [0, 1], how far an advantage looks ahead: 0 is one step, 1 the whole unroll.
    """
    errors, decay = _errors(rewards, values, next_values, ended, discount, gae_lambda)
    advantages = _summed(errors, decay)
    return Estimates(advantages, advantages + values)


def whole_returns(
    rewards: Float[Array, "L U"],
    values: Float[Array, "L U"],
    next_values: Float[Array, "L U"],
    ended: Bool[Array, "L U"],
    discount: float,
    gae_lambda: float,
) -> Estimates:
    """The same targets, and brax's advantages: a step takes the next one's target whole, without another λ."""
    errors, decay = _errors(rewards, values, next_values, ended, discount, gae_lambda)
    advantages = _summed(errors, decay)
    ahead = jnp.concatenate([advantages[1:], jnp.zeros_like(advantages[:1])])
    return Estimates(errors + discount * ~ended * ahead, advantages + values)


def _errors(
    rewards: Array, values: Array, next_values: Array, ended: Array, discount: float, gae_lambda: float
) -> tuple[Array, Array]:
    """What each step brought beyond its value, and what of the next step's advantage counts for it."""
    return rewards + discount * next_values - values, discount * gae_lambda * ~ended


def _summed(errors: Array, decay: Array) -> Array:
    """Each step's error and, decayed, those of the steps after it."""

    def back(later: Array, step: tuple[Array, Array]) -> tuple[Array, Array]:
        error, keep = step
        advantage = error + keep * later
        return advantage, advantage

    return jnp.asarray(jax.lax.scan(back, jnp.zeros_like(errors[0]), (errors, decay), reverse=True)[1])
