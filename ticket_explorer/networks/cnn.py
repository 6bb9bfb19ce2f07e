"""The convolutional network of Lange & Sprekeler (2023): 11,274 parameters on 28×28 images."""

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, kept_indices
from ticket_explorer.networks.initialisers import bias_initialiser, kernel_initialiser
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.networks.settings import CNN, BiasInit, KernelInit


def build_cnn(settings: CNN, input_shape: tuple[int, ...], outputs: int) -> "ConvolutionalNetwork":
    """The network of `settings` for images of `input_shape` (height, width, channels).

    Raises:
        TicketError: if the inputs are not images, or too small to be pooled twice.
    """
    if len(input_shape) != 3 or min(input_shape[:2]) < 4:
        raise TicketError(
            f"a CNN needs images of height, width (4 or more pixels each) and channels, "
            f"and the task's inputs have the shape {input_shape}; use the network 'mlp'."
        )
    height, width, channels = input_shape
    return ConvolutionalNetwork(
        image=(height, width, channels),
        filters=settings.filters,
        kernel_size=settings.kernel_size,
        outputs=outputs,
        kernel_init=settings.kernel_init,
        last_kernel_init=settings.last_kernel_init or settings.kernel_init,
        bias_init=settings.bias_init,
    )


@dataclass(frozen=True)
class ConvolutionalNetwork:
    """Leaves `conv_0`, `conv_1`, `dense_0`; images are NHWC, convolutions are padded to the same size."""

    image: tuple[int, int, int]
    """Height, width, channels."""
    filters: tuple[int, int]
    kernel_size: int
    """Side of a filter, in pixels."""
    outputs: int
    kernel_init: KernelInit
    last_kernel_init: KernelInit
    bias_init: BiasInit

    @cached_property
    def module(self) -> nn.Module:
        """The same network as a flax module, of images [B, height, width, channels]."""
        return _Module(self)

    @cached_property
    def layout(self) -> Layout:
        """The leaves of θ; kernels are prunable."""
        parameters = jax.eval_shape(lambda key: self.module.init(key, jnp.zeros((1, *self.image))), jax.random.key(0))
        return Layout.of(parameters["params"])

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights."""
        parameters = self.module.init(key, jnp.zeros((1, *self.image)))["params"]
        return self.layout.flatten(parameters)

    def apply(self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."]) -> Float[Array, "B O"]:
        """The outputs of one network; differentiable in θ."""
        outputs: Array = self.module.apply({"params": self.layout.unflatten(theta)}, inputs)
        return outputs

    def population_apply(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
        """The outputs of N networks on one batch."""
        outputs: Array = jax.lax.map(lambda theta: self.apply(theta, inputs), population)
        return outputs

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """This network itself: every pixel is seen by every filter."""
        return Narrowing(self, kept_indices(mask, kept), None)


class _Module(nn.Module):  # type: ignore[misc]
    network: ConvolutionalNetwork

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array) -> Array:
        network, bias = self.network, bias_initialiser(self.network.bias_init)
        kernel, side = kernel_initialiser(network.kernel_init), (network.kernel_size,) * 2
        for depth, filters in enumerate(network.filters):
            images = nn.Conv(filters, side, kernel_init=kernel, bias_init=bias, name=f"conv_{depth}")(images)
            images = nn.max_pool(nn.relu(images), (2, 2), strides=(2, 2))
        units, kernel = images.reshape(images.shape[0], -1), kernel_initialiser(network.last_kernel_init)
        outputs: Array = nn.Dense(network.outputs, kernel_init=kernel, bias_init=bias, name="dense_0")(units)
        return outputs
