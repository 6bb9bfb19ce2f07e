"""How N networks are evaluated at once: what all forms share. Gradients go through a network's `apply` instead.

On a CPU individuals go in small groups, so that a group's units stay in the cache; within a group
what all individuals share (the inputs) makes one wide matrix product. Replicates go one after
another: batched over them the products would become batched ones, up to twice as slow.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import jax
import jax.numpy as jnp
from jax.custom_batching import sequential_vmap
from jaxtyping import Array, Float

from ticket_explorer.backend import backend
from ticket_explorer.networks.forms import Form, Precision

T = TypeVar("T")

GROUP_ELSEWHERE = 64
"""Individuals at once on a GPU where nothing was measured: bounds the memory that a group's units take."""

Forward = Callable[[Array, Array], Array]
"""The outputs [B, O] of one network, from θ [D] and inputs [B, ...]."""
PopulationForward = Callable[[Array, Array], Array]
"""The outputs [N, B, O] of N networks, from θ [N, D] and inputs [B, ...]."""
FormedForward = Callable[[Array, Array, Form], Array]
"""The same in a form of some kind."""


def in_form(forward: FormedForward, form: Form) -> PopulationForward:
    """The population forward in a form; replicates go one after another unless the form takes them together."""

    def formed(population: Array, inputs: Array) -> Array:
        return forward(population, inputs, form)

    return formed if form.together else cast(PopulationForward, sequential_vmap(formed))


def in_precision(forward: PopulationForward, precision: Precision) -> PopulationForward:
    """The population forward in a precision; its outputs are float32 in any case."""
    return lambda population, inputs: prepared(lambda given: partial(forward, given), population, precision)(inputs)


def prepared(
    prepare: Callable[[Array], Callable[[Array], Array]], population: Float[Array, "N D"], precision: Precision
) -> Callable[[Array], Array]:
    """The outputs of N networks as a function of their inputs, in a precision.

    Args:
        prepare: From a population to that function.
        population: One θ a row.
        precision: What products are computed in; outputs are float32 in any case.
    """
    if precision == "bfloat16":
        halved = prepare(population.astype(jnp.bfloat16))
        return lambda inputs: halved(inputs.astype(jnp.bfloat16)).astype(jnp.float32)
    if precision == "float32" or backend() == "cpu":
        return prepare(population)

    def rounded(inputs: Array) -> Array:
        with jax.default_matmul_precision("tensorfloat32"):
            return forward(inputs)

    forward = prepare(population)
    return rounded


def one_after_another(function: Callable[..., T], always: bool = False) -> Callable[..., T]:
    """The function, whose replicates a CPU computes one after another: together, the slowest would hold up all.

    Arguments and result may be any pytrees of arrays. `always` is for what can't be batched on any backend.
    """
    if backend() != "cpu" and not always:
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
    size = None if backend() == "cpu" else GROUP_ELSEWHERE
    outputs: Array = jax.lax.map(lambda pair: forward(pair[0], inputs, pair[1]), (population, states), batch_size=size)
    return outputs


def in_groups(
    forward: Forward, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], group: int
) -> Float[Array, "N B O"]:
    """The outputs of N networks, `group` networks at once."""
    size = group if group > 1 else None  # batched over one, a convolution would still be a grouped one
    outputs: Array = jax.lax.map(lambda theta: forward(theta, inputs), population, batch_size=size)
    return outputs


def in_groups_of(
    forward: PopulationForward, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], group: int
) -> Float[Array, "N B O"]:
    """The outputs of N networks, of which `forward` takes a group at once; a last group of fewer is filled up."""
    size, group = len(population), min(group, len(population))
    if group == size:
        return forward(population, inputs)
    filled = jnp.pad(population, ((0, -size % group), (0, 0)))
    outputs: Array = jax.lax.map(lambda part: forward(part, inputs), filled.reshape(-1, group, filled.shape[1]))
    return outputs.reshape(-1, *outputs.shape[2:])[:size]


def in_chunks(forward: Callable[[Array], Array], inputs: Float[Array, "B ..."], examples: int) -> Float[Array, "N B O"]:
    """The outputs of N networks, `examples` examples at once; 0: all.

    Args:
        forward: From some inputs to the outputs of all networks.
        inputs: What all of them see.
        examples: Examples at once.
    """
    if not examples:
        return forward(inputs)
    size, chunk = inputs.shape[0], min(examples, inputs.shape[0])
    padded = jnp.pad(inputs, ((0, -size % chunk), *[(0, 0)] * (inputs.ndim - 1)))
    outputs: Array = jax.lax.map(forward, padded.reshape(-1, chunk, *inputs.shape[1:]))
    return outputs.transpose(1, 0, 2, 3).reshape(outputs.shape[1], -1, outputs.shape[-1])[:, :size]
