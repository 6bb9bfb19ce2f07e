"""Policies: N networks, each applied again and again to inputs of its own.

A population forward shares one batch; policies can't, so that dense layers become batched products. Once
few weights are left a CPU goes through them one by one instead, all individuals and episodes at a time:
it pays from about one weight in sixteen down (2 × 64 units, 100 individuals of 8 episodes).
"""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ticket_explorer.backend import backend
from ticket_explorer.layout import Leaf, kept_of
from ticket_explorer.networks.network import FormedNetwork, Network
from ticket_explorer.networks.population import prepared

Policies = Callable[[Float[Array, "N B ..."]], Float[Array, "N B O"]]

SPARSE_FROM = 16
"""Dense multiply-adds that cost as much as a sparse one."""


@runtime_checkable
class PolicyNetwork(Protocol):
    """A network that knows a better way than `jax.vmap` to be many policies."""

    def policies(self, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
        """N networks, to be applied to inputs [N, B, ...] of their own.

        Args:
            population: A weight vector a row; zero where it is not kept.
            kept: The kept entries of θ, ascending; None: all.
        """
        ...


def policies(network: Network, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
    """N networks, each to be applied to inputs of its own."""
    precision = network.settings.precision if isinstance(network, FormedNetwork) else "float32"

    def prepare(population: Array) -> Policies:
        if isinstance(network, PolicyNetwork):
            return network.policies(population, kept)
        return lambda inputs: jax.vmap(network.apply)(population, inputs)

    return prepared(prepare, population, precision)


def is_sparse(network: Network, kept: Int[Array, " n"] | None, cost: int = SPARSE_FROM) -> bool:
    """Whether going through the kept weights one by one is faster than dense products.

    Args:
        network: Of dense layers, most of all.
        kept: Its kept entries; None: all.
        cost: Dense multiply-adds that take as long as a sparse one.
    """
    if kept is None or backend() != "cpu":
        return False
    layout = network.layout
    return cost * (len(kept) - layout.size + layout.prunable_size) < layout.prunable_size


def biased(units: Float[Array, "N B O"], layer: Mapping[str, Float[Array, "N ..."]]) -> Float[Array, "N B O"]:
    """The units with the biases of a layer of N networks, if it has any."""
    return units + layer["bias"][:, None] if "bias" in layer else units


def dense_layer(layer: Mapping[str, Float[Array, "N ..."]]) -> Policies:
    """A dense layer of N networks, a kernel [N, I, O] and biases, if any, [N, O]: from [N, B, I] to [N, B, O]."""
    return lambda units: biased(jnp.einsum("nbi,nio->nbo", units, layer["kernel"]), layer)


def sparse_layer(
    population: Float[Array, "N D"], kept: Int[Array, " n"], kernel: Leaf, bias: Leaf | None
) -> Callable[[Float[Array, "I M B"]], Float[Array, "O N B"]]:
    """A dense layer of N networks of which few weights are kept; units lead, so that each is one stretch of memory.

    M is N, or 1 where all networks see the same.
    """
    outputs = kernel.shape[1]
    first, last = kept_of(kernel, kept)
    rows, columns = jnp.divmod(kept - kernel.offset, outputs)
    weights = population[:, kept].T[..., None]
    biases = jnp.zeros((outputs, 1, 1)) if bias is None else population[:, bias.slice].T[..., None]

    def apply(units: Float[Array, "I M B"]) -> Float[Array, "O N B"]:
        def add(k: Array, sums: Array) -> Array:
            return sums.at[columns[k]].add(units[rows[k]] * weights[k])

        start = jnp.broadcast_to(biases, (outputs, len(population), units.shape[-1]))
        summed: Array = jax.lax.fori_loop(first, last, add, start)
        return summed

    return apply
