"""Conv-6 for CIFAR-10: six 3×3 convolutions in three pairs, each pair pooled, then three dense layers.

Frankle & Carbin (2019), The Lottery Ticket Hypothesis, ICLR, figure 2; a small VGG. On a CPU individuals
go one after another: `jax.vmap` over convolutions is a grouped convolution, the slowest form there.
"""

from dataclasses import dataclass
from functools import partial

from flax import linen as nn
from jaxtyping import Array

from ticket_explorer.networks.convolution import convolved
from ticket_explorer.networks.flax_network import FlaxNetwork, require_images
from ticket_explorer.networks.settings import Conv6

PAIRS = 3


def build_conv_6(settings: Conv6, input_shape: tuple[int, ...], outputs: int) -> "Conv6Network":
    """The network of `settings` for images of `input_shape` (height, width, channels).

    Raises:
        TicketError: if inputs are not images, or too small to be pooled three times.
    """
    require_images("conv_6", input_shape, side=2**PAIRS)
    return Conv6Network(settings=settings, input_shape=input_shape, outputs=outputs)


@dataclass(frozen=True, kw_only=True)
class Conv6Network(FlaxNetwork):
    """Leaves `conv_0` to `conv_5` and `dense_0` to `dense_2`; ReLU between any two."""

    settings: Conv6

    def create_module(self) -> nn.Module:
        """The flax module, of images [B, height, width, channels]."""
        return _Module(self)


class _Module(nn.Module):  # type: ignore[misc]
    network: Conv6Network

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array) -> Array:
        network, width = self.network, self.network.settings.width
        convolution = partial(nn.Conv, kernel_size=(3, 3), conv_general_dilated=convolved)
        for depth in range(2 * PAIRS):
            images = nn.relu(convolution(width * 2 ** (depth // 2), **network.layer(f"conv_{depth}"))(images))
            if depth % 2:
                images = nn.max_pool(images, (2, 2), strides=(2, 2))
        units = images.reshape(images.shape[0], -1)
        for depth in range(2):
            units = nn.relu(nn.Dense(4 * width, **network.layer(f"dense_{depth}"))(units))
        outputs: Array = nn.Dense(network.outputs, **network.layer("dense_2"))(units)
        return outputs
