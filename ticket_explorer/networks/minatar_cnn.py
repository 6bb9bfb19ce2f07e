"""The network of Lange & Sprekeler (2023) for MinAtar (Young & Tian 2019): 77,924 parameters for Space Invaders.

As policies its convolution is a matrix product on windows, an individual at a time; nearly all weights are
those of the dense layer, of which a CPU reads only the kept ones once they are few.
"""

from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import cast

import jax
from flax import linen as nn
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, Leaf, kept_indices
from ticket_explorer.networks.cnn import windows
from ticket_explorer.networks.initialisers import bias_initialiser, initial_parameters, kernel_initialiser
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.networks.policies import Policies, dense_layer, is_sparse, sparse_layer
from ticket_explorer.networks.population import fastest, in_groups
from ticket_explorer.networks.settings import BiasInit, KernelInit, MinAtarCNN

GROUP = 8
"""Individuals at once on a CPU."""


def build_minatar_cnn(settings: MinAtarCNN, input_shape: tuple[int, ...], outputs: int) -> "MinAtarNetwork":
    """The network of `settings` for observations of `input_shape` (height, width, channels).

    Raises:
        TicketError: if observations are not pictures.
    """
    if len(input_shape) != 3:
        raise TicketError(
            f"$.network.name: minatar_cnn needs observations of height, width and channels, and the task's have the "
            f"shape {input_shape}; use the network 'mlp'."
        )
    height, width, channels = input_shape
    return MinAtarNetwork(
        image=(height, width, channels),
        filters=settings.filters,
        kernel_size=settings.kernel_size,
        hidden=settings.hidden,
        outputs=outputs,
        kernel_init=settings.kernel_init,
        last_kernel_init=settings.last_kernel_init or settings.kernel_init,
        bias_init=settings.bias_init,
    )


@dataclass(frozen=True)
class MinAtarNetwork:
    """Leaves `conv_0`, `dense_0`, `dense_1`; the convolution is padded to the same size."""

    image: tuple[int, int, int]
    """Height, width, channels."""
    filters: int
    kernel_size: int
    hidden: int
    outputs: int
    kernel_init: KernelInit
    last_kernel_init: KernelInit
    bias_init: BiasInit

    @cached_property
    def module(self) -> nn.Module:
        """The same network as a flax module, of observations [B, height, width, channels]."""
        return _Module(self)

    @property
    def layout(self) -> Layout:
        """The leaves of θ; kernels are prunable."""
        return _layout(self)

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights."""
        return self.layout.flatten(initial_parameters(self.module, self.image, key))

    def apply(self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."]) -> Float[Array, "B O"]:
        """The outputs of one network; differentiable in θ."""
        return cast(Array, self.module.apply({"params": self.layout.unflatten(theta)}, inputs))

    def population_apply(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
        """The outputs of N networks on one batch."""
        return fastest(lambda thetas, batch: in_groups(self.apply, thetas, batch, GROUP), self.apply)(
            population, inputs
        )

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """This network itself: every cell is seen by every filter."""
        return Narrowing(self, kept_indices(mask, kept), None)

    def policies(self, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
        """N networks, to be applied to observations [N, B, ...] of their own."""
        layers = self.layout.unflatten(population)
        last = layers["dense_1"]

        def features(images: Float[Array, "N B H W C"]) -> Float[Array, "N B I"]:
            kernel = layers["conv_0"]["kernel"].reshape(len(population), -1, self.filters)
            seen = windows(images.reshape(-1, *self.image), self.kernel_size)
            seen = seen.reshape(len(population), -1, kernel.shape[1])
            units = jax.nn.relu(seen @ kernel + layers["conv_0"]["bias"][:, None])
            flat: Array = units.reshape(*images.shape[:2], -1)
            return flat

        def act(images: Float[Array, "N B H W C"]) -> Float[Array, "N B O"]:
            units = jax.nn.relu(hidden(features(images)))
            return dense_layer(last["kernel"], last["bias"])(units)

        hidden = self._hidden(population, kept)
        return act

    def _hidden(self, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
        kernel, bias = self._leaf("dense_0/kernel"), self._leaf("dense_0/bias")
        if kept is not None and is_sparse(self, kept):
            sparse = sparse_layer(population, kept, kernel, bias)
            return lambda units: sparse(units.transpose(2, 0, 1)).transpose(1, 2, 0)
        return dense_layer(population[:, kernel.slice].reshape(-1, *kernel.shape), population[:, bias.slice])

    def _leaf(self, name: str) -> Leaf:
        return next(leaf for leaf in self.layout if leaf.name == name)


@cache
def _layout(network: MinAtarNetwork) -> Layout:
    return Layout.of(jax.eval_shape(partial(initial_parameters, network.module, network.image), jax.random.key(0)))


class _Module(nn.Module):  # type: ignore[misc]
    network: MinAtarNetwork

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array) -> Array:
        network, bias = self.network, bias_initialiser(self.network.bias_init)
        kernel, side = kernel_initialiser(network.kernel_init), (network.kernel_size,) * 2
        units = nn.relu(nn.Conv(network.filters, side, kernel_init=kernel, bias_init=bias, name="conv_0")(images))
        units = units.reshape(images.shape[0], -1)
        units = nn.relu(nn.Dense(network.hidden, kernel_init=kernel, bias_init=bias, name="dense_0")(units))
        kernel = kernel_initialiser(network.last_kernel_init)
        outputs: Array = nn.Dense(network.outputs, kernel_init=kernel, bias_init=bias, name="dense_1")(units)
        return outputs
