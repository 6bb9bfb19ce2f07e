"""Fully connected networks.

All individuals of a population see the same inputs, so the first layers of a group of them are one
matrix product, which is most of the work. An input all of whose first-layer weights are pruned is
left out of the narrowed network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import jax.numpy as jnp
from flax import linen as nn
from jax.custom_batching import sequential_vmap
from jaxtyping import Array, Bool, Float, Int
from msgspec import structs

from ticket_explorer.layout import kept_indices
from ticket_explorer.networks.flax_network import FlaxNetwork
from ticket_explorer.networks.forms import Form
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.networks.policies import Policies, biased, dense_layer, is_sparse, sparse_layer
from ticket_explorer.networks.population import FormedForward, in_groups_of
from ticket_explorer.networks.settings import MLP, LeNet300100

SPARSE_FROM, SPARSE_GROUP = 10, 16
"""Where all individuals see the same inputs: dense multiply-adds that take as long as one of a kept weight, and
individuals at once where these are gone through."""
ACTIVATIONS = {"relu": nn.relu, "tanh": nn.tanh, "swish": nn.swish}


def build_mlp(settings: MLP | LeNet300100, input_shape: tuple[int, ...], outputs: int) -> "MultilayerPerceptron":
    """The network of `settings` for inputs of `input_shape` (flattened) and `outputs` outputs."""
    return MultilayerPerceptron(settings=settings, input_shape=(prod(input_shape),), outputs=outputs)


@dataclass(frozen=True, kw_only=True)
class MultilayerPerceptron(FlaxNetwork):
    """Dense layers `dense_0`, `dense_1`, …, an activation between any two; inputs are flattened."""

    usual_on_cpu: ClassVar[Form] = Form(kind="grouped", group=16, sparse=True)
    """8 to 16 were fastest of 1 to 64 (784–32–10, batch 512)."""

    settings: MLP | LeNet300100

    def create_module(self) -> nn.Module:
        """The flax module, of inputs [B, ...]."""
        return _Module(self)

    @property
    def kinds(self) -> Mapping[str, FormedForward]:
        """`grouped`, and `shared`: the first layers of a group as one product, whose columns are all its units."""
        return {**super().kinds, "shared": self._shared}

    def forms(self, individuals: int, examples: int) -> tuple[Form, ...]:
        """Each group both ways."""
        grouped = [structs.replace(form, sparse=True) for form in super().forms(individuals, examples)]
        return *grouped, *(structs.replace(form, kind="shared") for form in grouped if form.group > 1)

    @property
    def inputs(self) -> int:
        """How many there are, flattened."""
        return self.input_shape[0]

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """The network of those inputs that have a kept weight in the first layer.

        It has min(inputs, kept kernel entries) inputs, however many are needed: the capacity
        follows from `kept`. What remains is filled with inputs whose weights are all pruned.
        """
        indices = kept_indices(mask, kept)
        capacity = max(1, min(self.inputs, kept - self.layout.size + self.layout.prunable_size))
        if capacity == self.inputs:
            return Narrowing(self, indices, None)
        first = next(leaf for leaf in self.layout if leaf.name == "dense_0/kernel")
        width = first.shape[1]
        needed = mask[first.slice].reshape(first.shape).any(1)
        inputs = jnp.sort(jnp.argsort(~needed)[:capacity]).astype(jnp.int32)
        rank = jnp.searchsorted(inputs, (indices - first.offset) // width, side="left")
        inside = first.offset + rank * width + (indices - first.offset) % width
        after = indices - (self.inputs - capacity) * width
        positions = jnp.where(indices < first.offset, indices, jnp.where(indices < first.slice.stop, inside, after))
        return Narrowing(replace(self, input_shape=(capacity,)), positions.astype(jnp.int32), inputs)

    def _shared(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], form: Form) -> Array:
        return in_groups_of(self._side_by_side, population, inputs, form.group)

    def _side_by_side(self, population: Float[Array, "n D"], inputs: Float[Array, "B ..."]) -> Float[Array, "n B O"]:
        """A group's outputs, its first layers one product with the inputs that all of them see."""
        layers, count = self.layout.unflatten(population), len(population)
        first, *others = (layers[name] for name in self.settings.layer_names)
        wide = first["kernel"].transpose(1, 0, 2).reshape(self.inputs, -1)
        units = (inputs.reshape(len(inputs), -1) @ wide).reshape(len(inputs), count, -1).transpose(1, 0, 2)
        units = biased(units, first)
        for layer in others:
            units = dense_layer(layer)(ACTIVATIONS[self.settings.activation](units))
        return units

    def sparse_apply(
        self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], kept: Int[Array, " n"]
    ) -> Float[Array, "N B O"]:
        """The outputs of N networks; where few weights are left, a CPU goes through them one by one."""
        if not (self.may_be_sparse and is_sparse(self, kept, SPARSE_FROM)):
            return self.population_apply(population, inputs)

        def apply(population: Array, inputs: Array, kept: Array) -> Array:
            def group(part: Array, inputs: Array) -> Array:
                return self._sparse_policies(part, kept)(inputs[None])

            return in_groups_of(group, population, inputs, SPARSE_GROUP)

        outputs: Array = sequential_vmap(apply)(population, inputs, kept)
        return outputs

    def policies(self, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
        """N networks, to be applied to inputs [N, B, ...] of their own."""
        if kept is not None and is_sparse(self, kept):
            return self._sparse_policies(population, kept)
        parameters = self.layout.unflatten(population)
        layers = [dense_layer(parameters[name]) for name in self.settings.layer_names]

        def act(inputs: Float[Array, "N B ..."]) -> Float[Array, "N B O"]:
            units = inputs.reshape(*inputs.shape[:2], -1)
            for layer in layers[:-1]:
                units = ACTIVATIONS[self.settings.activation](layer(units))
            return layers[-1](units)

        return act

    def _sparse_policies(self, population: Float[Array, "N D"], kept: Int[Array, " n"]) -> Policies:
        """Of inputs of their own, or of one batch [1, B, ...] that all see."""
        leaves = {leaf.name: leaf for leaf in self.layout}
        layers = [
            sparse_layer(population, kept, leaves[f"{name}/kernel"], leaves.get(f"{name}/bias"))
            for name in self.settings.layer_names
        ]

        def act(inputs: Float[Array, "M B ..."]) -> Float[Array, "N B O"]:
            units = inputs.reshape(*inputs.shape[:2], -1).transpose(2, 0, 1)
            for layer in layers[:-1]:
                units = ACTIVATIONS[self.settings.activation](layer(units))
            return layers[-1](units).transpose(1, 2, 0)

        return act


class _Module(nn.Module):  # type: ignore[misc]
    network: MultilayerPerceptron

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, inputs: Array) -> Array:
        network, units = self.network, inputs.reshape(inputs.shape[0], -1)
        *hidden, last = network.settings.layer_names
        for width, name in zip(network.settings.hidden, hidden, strict=True):
            units = ACTIVATIONS[network.settings.activation](nn.Dense(width, **network.layer(name))(units))
        outputs: Array = nn.Dense(network.outputs, **network.layer(last))(units)
        return outputs
