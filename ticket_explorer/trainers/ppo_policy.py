"""A stochastic policy: what probability its outputs give to actions, discrete or Gaussian.

The deviation of the noise is either a parameter of its own, one for each entry of an action, or an output of the
policy for each entry, as in brax: softplus of it, and 0.001 at least.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.tasks.control.environment import Actions

LEAST_DEVIATION = 0.001


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Parameters:
    """All that PPO learns."""

    policy: Float[Array, "..."]
    """θ [D], exactly zero where pruned."""
    value: Float[Array, "..."]
    """[V], of the value network, never masked."""
    log_std: Float[Array, "..."]
    """[A], of the noise on continuous actions; not used where they are discrete, or where the policy gives it."""


def gaussian(actions: Actions, outputs: Float[Array, "E O"], log_std: Float[Array, " A"]) -> tuple[Array, Array]:
    """Means of the entries of an action, and the logarithms of their deviations."""
    if outputs.shape[-1] == actions.count:
        return outputs, log_std
    mean, deviation = jnp.split(outputs, 2, axis=-1)
    return mean, jnp.log(jax.nn.softplus(deviation) + LEAST_DEVIATION)


def draw(key: Array, actions: Actions, outputs: Float[Array, "E O"], log_std: Float[Array, " A"]) -> Array:
    """An action for each row of outputs."""
    if actions.is_discrete:
        return jax.random.categorical(key, outputs)
    mean, log_std = gaussian(actions, outputs, log_std)
    return mean + jnp.exp(log_std) * jax.random.normal(key, mean.shape)


def log_probability(
    actions: Actions, outputs: Float[Array, "B O"], log_std: Float[Array, " A"], chosen: Array
) -> Float[Array, " B"]:
    """The log probability (density, of continuous actions before they are squashed) of what was chosen."""
    if actions.is_discrete:
        return jnp.take_along_axis(jax.nn.log_softmax(outputs), chosen[:, None], 1)[:, 0]
    mean, log_std = gaussian(actions, outputs, log_std)
    away = (chosen - mean) * jnp.exp(-log_std)
    return (-0.5 * away**2 - log_std - 0.5 * jnp.log(2 * jnp.pi)).sum(-1)


def entropy_of(actions: Actions, outputs: Float[Array, "B O"], log_std: Float[Array, " A"]) -> Float[Array, " B"]:
    """In nats, for each row of outputs; of continuous actions before they are squashed."""
    if actions.is_discrete:
        log = jax.nn.log_softmax(outputs)
        return -(jnp.exp(log) * log).sum(-1)
    _, log_std = gaussian(actions, outputs, log_std)
    return jnp.broadcast_to((log_std + 0.5 * jnp.log(2 * jnp.pi * jnp.e)).sum(-1), outputs.shape[:1])


def squashing(drawn: Float[Array, "B A"]) -> Float[Array, " B"]:
    """Summed log |d tanh(x) / dx|: by this the log density of actions is less once they are squashed."""
    return (2 * (jnp.log(2.0) - drawn - jax.nn.softplus(-2 * drawn))).sum(-1)
