"""The convolutional network of Lange & Sprekeler (2023): 11,274 parameters on 28×28 images.

On a CPU a population's convolutions are matrix products on chunks of images that stay in the cache:
the first on windows cut once for all individuals, the second row by row. With 16 × 256 images that
was 5 times as fast as `jax.vmap` of the flax module, mapping over its convolutions 2 to 3 times,
one wide first convolution and mapped second ones 4 times.
"""

from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import cast

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, kept_indices
from ticket_explorer.networks.initialisers import bias_initialiser, initial_parameters, kernel_initialiser
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.networks.population import fastest, in_groups
from ticket_explorer.networks.settings import CNN, BiasInit, KernelInit

GROUP = 2
"""Individuals at once on a CPU."""
IMAGES = 32
"""Images at once on a CPU; with `GROUP` it bounds the memory, to about 15 MB at 28×28."""


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
        return fastest(self._in_chunks, self.apply)(population, inputs)

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """This network itself: every pixel is seen by every filter."""
        return Narrowing(self, kept_indices(mask, kept), None)

    def _in_chunks(self, population: Float[Array, "N D"], images: Float[Array, "B H W C"]) -> Float[Array, "N B O"]:
        """`population_apply` on a CPU: chunks of images, and for each chunk groups of individuals."""
        size, chunk = images.shape[0], min(IMAGES, images.shape[0])
        padded = jnp.pad(images, ((0, -size % chunk), (0, 0), (0, 0), (0, 0)))
        chunks = padded.reshape(-1, chunk, *images.shape[1:])
        outputs: Array = jax.lax.map(
            lambda part: in_groups(self._forward, population, windows(part, self.kernel_size), GROUP), chunks
        )
        return outputs.transpose(1, 0, 2, 3).reshape(population.shape[0], -1, self.outputs)[:, :size]

    def _forward(self, theta: Float[Array, " D"], windows: Float[Array, "B H W k"]) -> Float[Array, "B O"]:
        """`apply` by matrix products. max(ReLU(x + b)) = ReLU(max(x) + b), so pooling comes first."""
        layers: dict[str, dict[str, Array]] = self.layout.unflatten(theta)
        first, second, last = layers.values()
        units = _pooled(windows @ first["kernel"].reshape(-1, self.filters[0]))
        units = _pooled(_convolved(jax.nn.relu(units + first["bias"]), second["kernel"]))
        units = jax.nn.relu(units + second["bias"]).reshape(windows.shape[0], -1)
        return units @ last["kernel"] + last["bias"]


def _columns(images: Float[Array, "B H W C"], side: int) -> Float[Array, "B rows W k"]:
    """For each pixel the `side` pixels of its row around it; rows are padded to H + side − 1."""
    before, width = (side - 1) // 2, images.shape[2]
    border = (before, side - 1 - before)
    padded = jnp.pad(images, ((0, 0), border, border, (0, 0)))
    return jnp.concatenate([padded[:, :, j : j + width] for j in range(side)], -1)


def windows(images: Float[Array, "B H W C"], side: int) -> Float[Array, "B H W k"]:
    """For each pixel the side × side pixels around it, in the order of a kernel's entries."""
    columns, height = _columns(images, side), images.shape[1]
    return jnp.concatenate([columns[:, i : i + height] for i in range(side)], -1)


def _convolved(images: Float[Array, "B H W C"], kernel: Float[Array, "side side C F"]) -> Float[Array, "B H W F"]:
    """The convolution padded to the same size: one matrix product gives each row's part of every output row."""
    (side, _, channels, filters), height = kernel.shape, images.shape[1]
    by_row = kernel.transpose(1, 2, 0, 3).reshape(side * channels, side * filters)
    parts: Array = (_columns(images, side) @ by_row).reshape(images.shape[0], -1, images.shape[2], side, filters)
    convolved: Array = parts[:, :height, :, 0]
    for i in range(1, side):
        convolved = convolved + parts[:, i : i + height, :, i]
    return convolved


def _pooled(images: Float[Array, "B H W C"]) -> Float[Array, "B h w C"]:
    """The maxima of 2×2 pixels; an odd last row or column is left out."""
    rows = jnp.maximum(images[:, :-1:2], images[:, 1::2])
    return jnp.maximum(rows[:, :, :-1:2], rows[:, :, 1::2])


@cache
def _layout(network: ConvolutionalNetwork) -> Layout:
    return Layout.of(jax.eval_shape(partial(initial_parameters, network.module, network.image), jax.random.key(0)))


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
