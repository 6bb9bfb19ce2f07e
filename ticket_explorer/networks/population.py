"""How N networks are evaluated at once: the one place that knows which form a backend likes.

On a CPU individuals go in small groups, so that a group's units stay in the cache; within a group
what all individuals share (the inputs) makes one wide matrix product. Replicates go one after
another: batched over them the products would become batched ones, up to twice as slow. Elsewhere
groups are larger and replicates are batched; that form has not been measured. Gradients go through
a network's `apply`, not through its population forward.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import jax
from jax.custom_batching import sequential_vmap
from jaxtyping import Array, Float

T = TypeVar("T")

GROUP_ELSEWHERE = 64
"""Individuals at once on a GPU: bounds the memory that a group's units take."""

Forward = Callable[[Array, Array], Array]
"""The outputs [B, O] of one network, from θ [D] and inputs [B, ...]."""
PopulationForward = Callable[[Array, Array], Array]
"""The outputs [N, B, O] of N networks, from θ [N, D] and inputs [B, ...]."""


def fastest(on_cpu: PopulationForward, forward: Forward) -> PopulationForward:
    """The population forward for this backend.

    Args:
        on_cpu: What a CPU does best; never batched over replicates.
        forward: One network; mapped over individuals on any other backend.
    """
    if jax.default_backend() == "cpu":
        return cast(PopulationForward, sequential_vmap(on_cpu))
    return lambda population, inputs: in_groups(forward, population, inputs, GROUP_ELSEWHERE)


def one_after_another(function: Callable[..., T], always: bool = False) -> Callable[..., T]:
    """The function, whose replicates a CPU computes one after another: together, the slowest would hold up all.

    Arguments and result may be any pytrees of arrays. `always` is for what can't be batched on any backend.
    """
    if jax.default_backend() != "cpu" and not always:
        return function

    def call(*arguments: Any) -> T:
        leaves, structure = jax.tree.flatten(arguments)
        made: list[Any] = []

        def flat(*given: Array) -> list[Array]:
            outcome, outcome_structure = jax.tree.flatten(function(*jax.tree.unflatten(structure, given)))
            made.append(outcome_structure)
            return outcome

        outcome = sequential_vmap(flat)(*leaves)
        result: T = jax.tree.unflatten(made[0], outcome)
        return result

    return call


def in_pairs(
    forward: Callable[[Array, Array, Any], Array], population: Float[Array, "N D"], inputs: Array, states: Any
) -> Float[Array, "N B O"]:
    """The outputs of N networks, each of which takes a state of its own.

    Args:
        forward: The outputs of one network, from θ, inputs and its state.
        population: One θ a row.
        inputs: What all of them see.
        states: A pytree of arrays that lead with the population's axis.
    """
    size = None if jax.default_backend() == "cpu" else GROUP_ELSEWHERE
    outputs: Array = jax.lax.map(lambda pair: forward(pair[0], inputs, pair[1]), (population, states), batch_size=size)
    return outputs


def in_groups(
    forward: Forward, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], group: int
) -> Float[Array, "N B O"]:
    """The outputs of N networks, `group` networks at once."""
    size = group if group > 1 else None  # batched over one, a convolution would still be a grouped one
    outputs: Array = jax.lax.map(lambda theta: forward(theta, inputs), population, batch_size=size)
    return outputs
