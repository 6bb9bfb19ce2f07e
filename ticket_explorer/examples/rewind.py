"""A rewind of my own: a function that says which weights the next round starts from.

Run it with: ticket-explorer run fashion --set branch.snr.rewind=FILE:my_start
Try it without: python FILE
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp


def my_start(key: jax.Array, origin: Any, result: Any, mask: jax.Array, problem: Any) -> jax.Array:
    """The initial signs, all of one size in each leaf (Zhou et al. 2019 keep signs and find that enough).

    Args:
        key: For what chance decides.
        origin: What the line of rounds began with: `initial` [D].
        result: What the round found: `mean`, `std` (None without an evolution strategy) and `mask`, each [D].
        mask: What pruning left, bool [D].
        problem: Task and network; `problem.layout` names the leaves of θ.

    Returns:
        Weights for each of the D entries of θ. Those that the mask doesn't keep are not used.
    """
    leaves = [origin.initial[leaf.slice] for leaf in problem.layout]
    return jnp.concatenate([jnp.sign(leaf) * jnp.std(leaf) for leaf in leaves])


if __name__ == "__main__":
    layout = [SimpleNamespace(slice=slice(0, 2)), SimpleNamespace(slice=slice(2, 4))]
    began = SimpleNamespace(initial=jnp.array([1.0, -3.0, 0.0, 0.0]))
    start = my_start(jax.random.key(0), began, None, jnp.ones(4, bool), SimpleNamespace(layout=layout))
    assert start.tolist() == [2.0, -2.0, 0.0, 0.0]
    print("It works:", start)
