"""An analysis of my own: a function of a round's weights that returns numbers or arrays.

Run it with: ticket-explorer analyse SESSION FILE:my_look --set largest=5
Try it without: python FILE
"""

from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp


def my_look(result: Any, problem: Any, largest: int = 3) -> dict[str, Any]:
    """How much of each kernel's norm is in its leading singular values, and how many units have no input left.

    Args:
        result: What a round found: `mean`, `std` (None without a search distribution) and `mask`, each [D].
        problem: Task and network; `problem.layout` names the leaves of θ.
        largest: A setting: `--set largest=5`.

    Returns:
        Numbers or arrays by name. It is called for each replicate.
    """
    found: dict[str, Any] = {}
    for leaf in problem.layout:
        if leaf.prunable:
            name = leaf.name.replace("/", "_")
            kernel = result.mean[leaf.slice].reshape(-1, leaf.shape[-1])
            kept = result.mask[leaf.slice].reshape(-1, leaf.shape[-1])
            values = jnp.linalg.svd(kernel, compute_uv=False)
            found[f"{name}_leading"] = (values[:largest] ** 2).sum() / (values**2).sum()
            found[f"{name}_cut_off"] = (~kept.any(0)).sum()
    return found


if __name__ == "__main__":
    leaf = SimpleNamespace(name="dense/kernel", prunable=True, slice=slice(0, 6), shape=(3, 2))
    weights = jnp.array([3.0, 0.0, 4.0, 0.0, 0.0, 0.0])
    look = my_look(SimpleNamespace(mean=weights, std=None, mask=weights != 0), SimpleNamespace(layout=[leaf]))
    assert look["dense_kernel_leading"] == 1.0
    assert look["dense_kernel_cut_off"] == 1
    print("It works:", look)
