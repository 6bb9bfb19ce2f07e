"""Fully connected networks.

All individuals of a population see the same inputs, so the first layers of a group of them are one
matrix product, which is most of the work. An input all of whose first-layer weights are pruned is
left out of the narrowed network.
"""

from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from math import prod
from typing import cast

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.layout import Layout, kept_indices
from ticket_explorer.networks.initialisers import bias_initialiser, initial_parameters, kernel_initialiser
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.networks.policies import Policies, dense_layer, is_sparse, sparse_layer
from ticket_explorer.networks.population import fastest, in_groups
from ticket_explorer.networks.settings import MLP, Activation, BiasInit, KernelInit, LeNet300100

GROUP = 16
"""Individuals at once on a CPU: 8 to 16 were fastest of 1 to 64 (784–32–10, batch 512)."""

ACTIVATIONS = {"relu": nn.relu, "tanh": nn.tanh, "swish": nn.swish}


def build_mlp(settings: MLP, input_shape: tuple[int, ...], outputs: int) -> "MultilayerPerceptron":
    """The network of `settings` for inputs of `input_shape` (flattened) and `outputs` outputs."""
    return MultilayerPerceptron(
        inputs=prod(input_shape),
        hidden=settings.hidden,
        outputs=outputs,
        activation=settings.activation,
        kernel_init=settings.kernel_init,
        last_kernel_init=settings.last_kernel_init or settings.kernel_init,
        bias_init=settings.bias_init,
    )


def build_lenet_300_100(settings: LeNet300100, input_shape: tuple[int, ...], outputs: int) -> "MultilayerPerceptron":
    """LeNet-300-100 (LeCun et al. 1998) for inputs of `input_shape` (flattened) and `outputs` outputs."""
    mlp = MLP(
        hidden=(300, 100),
        activation="relu",
        kernel_init=settings.kernel_init,
        last_kernel_init=settings.last_kernel_init,
        bias_init=settings.bias_init,
    )
    return build_mlp(mlp, input_shape, outputs)


@dataclass(frozen=True)
class MultilayerPerceptron:
    """Dense layers `dense_0`, `dense_1`, …, an activation between any two; inputs are flattened."""

    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    activation: Activation
    kernel_init: KernelInit
    last_kernel_init: KernelInit
    bias_init: BiasInit

    @cached_property
    def module(self) -> nn.Module:
        """The same network as a flax module, of inputs [B, ...]."""
        return _Module(self)

    @property
    def layout(self) -> Layout:
        """The leaves of θ; kernels are prunable."""
        return _layout(self)

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights."""
        return self.layout.flatten(initial_parameters(self.module, (self.inputs,), key))

    def apply(self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."]) -> Float[Array, "B O"]:
        """The outputs of one network; differentiable in θ."""
        return cast(Array, self.module.apply({"params": self.layout.unflatten(theta)}, inputs))

    def population_apply(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
        """The outputs of N networks on one batch."""
        return fastest(self._in_groups, self.apply)(population, inputs)

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
        return Narrowing(replace(self, inputs=capacity), positions.astype(jnp.int32), inputs)

    def policies(self, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
        """N networks, to be applied to inputs [N, B, ...] of their own."""
        if kept is not None and is_sparse(self, kept):
            return self._sparse_policies(population, kept)
        layers = [dense_layer(leaf["kernel"], leaf["bias"]) for leaf in self.layout.unflatten(population).values()]

        def act(inputs: Float[Array, "N B ..."]) -> Float[Array, "N B O"]:
            units = inputs.reshape(*inputs.shape[:2], -1)
            for layer in layers[:-1]:
                units = ACTIVATIONS[self.activation](layer(units))
            return layers[-1](units)

        return act

    def _sparse_policies(self, population: Float[Array, "N D"], kept: Int[Array, " n"]) -> Policies:
        leaves = {leaf.name: leaf for leaf in self.layout}
        names = [f"dense_{depth}" for depth in range(len(self.hidden) + 1)]
        layers = [sparse_layer(population, kept, leaves[f"{name}/kernel"], leaves[f"{name}/bias"]) for name in names]

        def act(inputs: Float[Array, "N B ..."]) -> Float[Array, "N B O"]:
            units = inputs.reshape(*inputs.shape[:2], -1).transpose(2, 0, 1)
            for layer in layers[:-1]:
                units = ACTIVATIONS[self.activation](layer(units))
            return layers[-1](units).transpose(1, 2, 0)

        return act

    def _in_groups(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
        return in_groups(self.apply, population, inputs, GROUP)


@cache
def _layout(network: MultilayerPerceptron) -> Layout:
    return Layout.of(jax.eval_shape(partial(initial_parameters, network.module, (network.inputs,)), jax.random.key(0)))


class _Module(nn.Module):  # type: ignore[misc]
    network: MultilayerPerceptron

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, inputs: Array) -> Array:
        network, units = self.network, inputs.reshape(inputs.shape[0], -1)
        bias = bias_initialiser(network.bias_init)
        for depth, width in enumerate(network.hidden):
            kernel = kernel_initialiser(network.kernel_init)
            units = nn.Dense(width, kernel_init=kernel, bias_init=bias, name=f"dense_{depth}")(units)
            units = ACTIVATIONS[network.activation](units)
        kernel, name = kernel_initialiser(network.last_kernel_init), f"dense_{len(network.hidden)}"
        outputs: Array = nn.Dense(network.outputs, kernel_init=kernel, bias_init=bias, name=name)(units)
        return outputs
