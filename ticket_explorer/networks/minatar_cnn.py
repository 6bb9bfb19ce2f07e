"""The network of Lange & Sprekeler (2023) for MinAtar (Young & Tian 2019): 77,924 parameters for Space Invaders.

As policies its convolution is a matrix product on windows, an individual at a time; nearly all weights are
those of the dense layer, of which a CPU reads only the kept ones once they are few.
"""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import jax
from flax import linen as nn
from jaxtyping import Array, Float, Int

from ticket_explorer.layout import Leaf
from ticket_explorer.networks.cnn import windows
from ticket_explorer.networks.flax_network import FlaxNetwork, require_images, shared
from ticket_explorer.networks.policies import Policies, dense_layer, is_sparse, sparse_layer
from ticket_explorer.networks.settings import MinAtarCNN


def build_minatar_cnn(settings: MinAtarCNN, input_shape: tuple[int, ...], outputs: int) -> "MinAtarNetwork":
    """The network of `settings` for observations of `input_shape` (height, width, channels).

    Raises:
        TicketError: if observations are not pictures.
    """
    require_images("minatar_cnn", input_shape)
    return MinAtarNetwork(
        **shared(settings, input_shape, outputs),
        filters=settings.filters,
        kernel_size=settings.kernel_size,
        hidden=settings.hidden,
    )


@dataclass(frozen=True, kw_only=True)
class MinAtarNetwork(FlaxNetwork):
    """Leaves `conv_0`, `dense_0`, `dense_1`; the convolution is padded to the same size."""

    group: ClassVar[int] = 8

    filters: int
    kernel_size: int
    hidden: int

    def create_module(self) -> nn.Module:
        """The flax module, of observations [B, height, width, channels]."""
        return _Module(self)

    def policies(self, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
        """N networks, to be applied to observations [N, B, ...] of their own."""
        layers = self.layout.unflatten(population)
        last = layers["dense_1"]

        def features(images: Float[Array, "N B H W C"]) -> Float[Array, "N B I"]:
            kernel = layers["conv_0"]["kernel"].reshape(len(population), -1, self.filters)
            seen = windows(images.reshape(-1, *self.input_shape), self.kernel_size)
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


class _Module(nn.Module):  # type: ignore[misc]
    network: MinAtarNetwork

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array) -> Array:
        network, side = self.network, (self.network.kernel_size,) * 2
        convolution, dense = partial(nn.Conv, bias_init=network.bias), partial(nn.Dense, bias_init=network.bias)
        units = nn.relu(convolution(network.filters, side, kernel_init=network.kernel, name="conv_0")(images))
        units = units.reshape(images.shape[0], -1)
        units = nn.relu(dense(network.hidden, kernel_init=network.kernel, name="dense_0")(units))
        outputs: Array = dense(network.outputs, kernel_init=network.last_kernel, name="dense_1")(units)
        return outputs
