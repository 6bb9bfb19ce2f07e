"""Conv-6 for CIFAR-10: six 3×3 convolutions in three pairs, each pair pooled, then three dense layers.

Frankle & Carbin (2019), The Lottery Ticket Hypothesis, ICLR, figure 2; a small VGG. On a CPU individuals
go one after another: `jax.vmap` over convolutions is a grouped convolution, the slowest form there.
"""

from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import cast

import jax
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, kept_indices
from ticket_explorer.networks.convolution import convolved
from ticket_explorer.networks.initialisers import bias_initialiser, initial_parameters, kernel_initialiser
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.networks.population import fastest
from ticket_explorer.networks.settings import BiasInit, Conv6, KernelInit

PAIRS = 3


def build_conv_6(settings: Conv6, input_shape: tuple[int, ...], outputs: int) -> "Conv6Network":
    """The network of `settings` for images of `input_shape` (height, width, channels).

    Raises:
        TicketError: if inputs are not images, or too small to be pooled three times.
    """
    if len(input_shape) != 3 or min(input_shape[:2]) < 2**PAIRS:
        raise TicketError(
            f"$.network.name: conv_6 needs images of at least {2**PAIRS}×{2**PAIRS} pixels, and the task's inputs have "
            f"the shape {input_shape}; use the network 'mlp', or pool less."
        )
    height, width, channels = input_shape
    return Conv6Network(
        image=(height, width, channels),
        width=settings.width,
        outputs=outputs,
        kernel_init=settings.kernel_init,
        last_kernel_init=settings.last_kernel_init or settings.kernel_init,
        bias_init=settings.bias_init,
    )


@dataclass(frozen=True)
class Conv6Network:
    """Leaves `conv_0` to `conv_5` and `dense_0` to `dense_2`; ReLU between any two."""

    image: tuple[int, int, int]
    """Height, width, channels."""
    width: int
    """Filters of the first pair; the others have twice and four times as many, hidden layers four times."""
    outputs: int
    kernel_init: KernelInit
    last_kernel_init: KernelInit
    bias_init: BiasInit

    @cached_property
    def module(self) -> nn.Module:
        """The same network as a flax module, of inputs [B, H, W, C]."""
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
        return fastest(self._one_by_one, self.apply)(population, inputs)

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """This network itself: every pixel is seen by every filter."""
        return Narrowing(self, kept_indices(mask, kept), None)

    def _one_by_one(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
        return cast(Array, jax.lax.map(lambda theta: self.apply(theta, inputs), population))


@cache
def _layout(network: Conv6Network) -> Layout:
    return Layout.of(jax.eval_shape(partial(initial_parameters, network.module, network.image), jax.random.key(0)))


class _Module(nn.Module):  # type: ignore[misc]
    network: Conv6Network

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array) -> Array:
        network, bias = self.network, bias_initialiser(self.network.bias_init)
        kernel = kernel_initialiser(network.kernel_init)
        convolution = partial(nn.Conv, kernel_init=kernel, bias_init=bias, conv_general_dilated=convolved)
        for depth in range(2 * PAIRS):
            filters = network.width * 2 ** (depth // 2)
            images = nn.relu(convolution(filters, (3, 3), name=f"conv_{depth}")(images))
            if depth % 2:
                images = nn.max_pool(images, (2, 2), strides=(2, 2))
        units = images.reshape(images.shape[0], -1)
        for depth in range(2):
            units = nn.relu(
                nn.Dense(4 * network.width, kernel_init=kernel, bias_init=bias, name=f"dense_{depth}")(units)
            )
        last = kernel_initialiser(network.last_kernel_init)
        outputs: Array = nn.Dense(network.outputs, kernel_init=last, bias_init=bias, name="dense_2")(units)
        return outputs
