"""The network of Lange & Sprekeler (2023) for MinAtar (Young & Tian 2019): 77,924 parameters for Space Invaders.

As policies its convolution is a matrix product on windows, an individual at a time; nearly all weights are
those of the dense layer, of which a CPU reads only the kept ones once they are few.
"""

from dataclasses import dataclass
from typing import ClassVar

import jax
from flax import linen as nn
from jaxtyping import Array, Float, Int

from ticket_explorer.networks.cnn import windows
from ticket_explorer.networks.flax_network import FlaxNetwork, require_images
from ticket_explorer.networks.forms import Form
from ticket_explorer.networks.policies import Policies, biased, dense_layer, is_sparse, sparse_layer
from ticket_explorer.networks.settings import MinAtarCNN


def build_minatar_cnn(settings: MinAtarCNN, input_shape: tuple[int, ...], outputs: int) -> "MinAtarNetwork":
    """The network of `settings` for observations of `input_shape` (height, width, channels).

    Raises:
        TicketError: if observations are not pictures.
    """
    require_images("minatar_cnn", input_shape)
    return MinAtarNetwork(settings=settings, input_shape=input_shape, outputs=outputs)


@dataclass(frozen=True, kw_only=True)
class MinAtarNetwork(FlaxNetwork):
    """Leaves `conv_0`, `dense_0`, `dense_1`; the convolution is padded to the same size."""

    usual_on_cpu: ClassVar[Form] = Form(kind="grouped", group=8)

    settings: MinAtarCNN

    def create_module(self) -> nn.Module:
        """The flax module, of observations [B, height, width, channels]."""
        return _Module(self)

    def policies(self, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
        """N networks, to be applied to observations [N, B, ...] of their own."""
        layers, settings = self.layout.unflatten(population), self.settings
        first, last = layers["conv_0"], dense_layer(layers["dense_1"])

        def features(images: Float[Array, "N B H W C"]) -> Float[Array, "N B I"]:
            kernel = first["kernel"].reshape(len(population), -1, settings.filters)
            seen = windows(images.reshape(-1, *self.input_shape), settings.kernel_size)
            seen = seen.reshape(len(population), -1, kernel.shape[1])
            units = jax.nn.relu(biased(seen @ kernel, first))
            flat: Array = units.reshape(*images.shape[:2], -1)
            return flat

        def act(images: Float[Array, "N B H W C"]) -> Float[Array, "N B O"]:
            return last(jax.nn.relu(hidden(features(images))))

        hidden = self._hidden(population, kept)
        return act

    def _hidden(self, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
        if kept is None or not is_sparse(self, kept):
            return dense_layer(self.layout.unflatten(population)["dense_0"])
        leaves = {leaf.name: leaf for leaf in self.layout}
        sparse = sparse_layer(population, kept, leaves["dense_0/kernel"], leaves.get("dense_0/bias"))
        return lambda units: sparse(units.transpose(2, 0, 1)).transpose(1, 2, 0)


class _Module(nn.Module):  # type: ignore[misc]
    network: MinAtarNetwork

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array) -> Array:
        network, settings = self.network, self.network.settings
        side = (settings.kernel_size,) * 2
        units = nn.relu(nn.Conv(settings.filters, side, **network.layer("conv_0"))(images))
        units = units.reshape(images.shape[0], -1)
        units = nn.relu(nn.Dense(settings.hidden, **network.layer("dense_0"))(units))
        outputs: Array = nn.Dense(network.outputs, **network.layer("dense_1"))(units)
        return outputs
