"""A stochastic policy: what probability its outputs give to actions, discrete or Gaussian."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.tasks.control.environment import Actions


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Parameters:
    """All that PPO learns."""

    policy: Float[Array, "..."]
    """θ [D], exactly zero where pruned."""
    value: Float[Array, "..."]
    """[V], of the value network, never masked."""
    log_std: Float[Array, "..."]
    """[A], of the noise on continuous actions; not used where they are discrete."""


def draw(key: Array, actions: Actions, outputs: Float[Array, "E A"], log_std: Float[Array, " A"]) -> Array:
    """An action for each row of outputs."""
    if actions.is_discrete:
        return jax.random.categorical(key, outputs)
    return outputs + jnp.exp(log_std) * jax.random.normal(key, outputs.shape)


def log_probability(
    actions: Actions, outputs: Float[Array, "B A"], log_std: Float[Array, " A"], chosen: Array
) -> Float[Array, " B"]:
    """The log probability (density, of continuous actions) of what was chosen."""
    if actions.is_discrete:
        return jnp.take_along_axis(jax.nn.log_softmax(outputs), chosen[:, None], 1)[:, 0]
    away = (chosen - outputs) * jnp.exp(-log_std)
    return (-0.5 * away**2 - log_std - 0.5 * jnp.log(2 * jnp.pi)).sum(-1)


def entropy_of(actions: Actions, outputs: Float[Array, "B A"], log_std: Float[Array, " A"]) -> Float[Array, " B"]:
    """In nats, for each row of outputs."""
    if actions.is_discrete:
        log = jax.nn.log_softmax(outputs)
        return -(jnp.exp(log) * log).sum(-1)
    return jnp.broadcast_to((log_std + 0.5 * jnp.log(2 * jnp.pi * jnp.e)).sum(), outputs.shape[:1])
