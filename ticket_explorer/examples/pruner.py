"""A pruner of my own: a function that scores weights. Of the weights that are left, those of the lowest scores go.

Run it with: ticket-explorer run fashion --set branch.random.pruner=FILE:my_score
Try it without: python FILE
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp


def my_score(key: jax.Array, result: Any, ticket: Any, problem: Any, power: float = 0.5) -> jax.Array:
    """Between magnitude (power 0) and signal-to-noise ratio (power 1): |θ| / σ^power.

    Args:
        key: For what chance decides.
        result: What the round found: `mean`, `std` (None without an evolution strategy) and `mask`, each [D].
        ticket: What it trained: `mask`, `start` and `initial`, each [D].
        problem: Task and network; `problem.layout` names the leaves of θ.
        power: A setting, which a table sets: pruner = { name = "FILE:my_score", power = 0.7 }

    Returns:
        A score for each of the D entries of θ. Only those of kept prunable weights count.
    """
    sigma = jnp.where(result.mask, result.std, 1.0)
    return jnp.abs(result.mean) / sigma**power


if __name__ == "__main__":
    found = SimpleNamespace(mean=jnp.array([1.0, -4.0]), std=jnp.array([1.0, 4.0]), mask=jnp.array([True, True]))
    scores = my_score(jax.random.key(0), found, None, None)
    assert scores.tolist() == [1.0, 2.0]
    print("It works:", scores)
