"""How the costs of a population become utilities, with ties and failures handled in one way.

Costs are negated fitness, lower is better, as evosax minimises; a cost that is NaN is the worst.
Equal costs must move nothing on average. Two ways: tied individuals share the mean of the weights
of their positions, which leaves the weighted sums as they are in expectation and lowers their noise;
or ties are broken at random, which strategies need whose step-size control counts on the noise that
a given μ_eff leaves (Hansen 2016, Section 3.1).
"""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

Costs = Float[Array, " N"]


def shared_weights(costs: Costs, weights: Float[Array, " N"]) -> Float[Array, " N"]:
    """Weights by rank, best first; tied individuals get the mean of the weights of their positions."""
    lowest, highest = _positions(costs)
    totals = jnp.concatenate([jnp.zeros(1, weights.dtype), jnp.cumsum(weights)])
    count = highest - lowest
    return jnp.where(count == 1, weights[lowest], (totals[highest] - totals[lowest]) / count)


def random_tie_weights(key: Array, costs: Costs, weights: Float[Array, " N"]) -> Float[Array, " N"]:
    """Weights by rank, best first; ties are broken at random by `key`."""
    shuffled = jax.random.permutation(key, costs.size)
    order = shuffled[jnp.argsort(_ordered(costs)[shuffled])]
    return jnp.zeros_like(weights).at[order].set(weights)


def centered_rank(costs: Costs) -> Float[Array, " N"]:
    """Ranks scaled to [-0.5, 0.5], lowest cost lowest; tied individuals share their mean rank."""
    lowest, highest = _positions(costs)
    return (0.5 * (lowest + highest - 1) / (costs.size - 1) - 0.5).astype(jnp.float32)


def standardize(costs: Costs) -> Float[Array, " N"]:
    """Costs with mean 0 and standard deviation 1."""
    return jax.nn.standardize(_finite(costs), epsilon=1e-8)


def normalize(costs: Costs) -> Float[Array, " N"]:
    """Costs scaled linearly to [-1, 1]; zeros if all are equal."""
    finite = _finite(costs)
    low, high = jnp.min(finite), jnp.max(finite)
    return jnp.where(high > low, 2 * (finite - low) / jnp.where(high > low, high - low, 1.0) - 1, 0.0)


def raw(costs: Costs) -> Float[Array, " N"]:
    """Costs as they are; those that are not finite become the worst or best of the others."""
    return _finite(costs)


SHAPINGS: Mapping[str, Callable[[Costs], Float[Array, " N"]]] = {
    "centered_rank": centered_rank,
    "standardize": standardize,
    "normalize": normalize,
    "raw": raw,
}
"""What gradient-following strategies may descend on."""


def _ordered(costs: Costs) -> Costs:
    return jnp.where(jnp.isnan(costs), jnp.inf, costs)


def _positions(costs: Costs) -> tuple[Int[Array, " N"], Int[Array, " N"]]:
    """For each individual, how many are better, and how many are better or tied with it."""
    ordered = _ordered(costs)
    ascending = jnp.sort(ordered)
    return jnp.searchsorted(ascending, ordered, side="left"), jnp.searchsorted(ascending, ordered, side="right")


def _finite(costs: Costs) -> Costs:
    known = jnp.isfinite(costs)
    worst = jnp.max(jnp.where(known, costs, -jnp.inf))
    best = jnp.min(jnp.where(known, costs, jnp.inf))
    replaced = jnp.where(known, costs, jnp.where(costs == -jnp.inf, best, worst))
    return jnp.where(jnp.any(known), replaced, 0.0)
