"""The convolutional network of Lange & Sprekeler (2023): 11,274 parameters on 28×28 images.

On a CPU a population's convolutions are matrix products on chunks of images that stay in the cache:
the first on windows cut once for all individuals, the second row by row. With 16 × 256 images that
was 5 times as fast as `jax.vmap` of the flax module, mapping over its convolutions 2 to 3 times,
one wide first convolution and mapped second ones 4 times.
"""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from ticket_explorer.networks.flax_network import FlaxNetwork, require_images
from ticket_explorer.networks.population import in_groups
from ticket_explorer.networks.settings import CNN

IMAGES = 32
"""Images at once on a CPU; with the individuals at once it bounds the memory, to about 15 MB at 28×28."""


def build_cnn(settings: CNN, input_shape: tuple[int, ...], outputs: int) -> "ConvolutionalNetwork":
    """The network of `settings` for images of `input_shape` (height, width, channels).

    Raises:
        TicketError: if the inputs are not images, or too small to be pooled twice.
    """
    require_images("cnn", input_shape, side=4)
    return ConvolutionalNetwork(settings=settings, input_shape=input_shape, outputs=outputs)


@dataclass(frozen=True, kw_only=True)
class ConvolutionalNetwork(FlaxNetwork):
    """Leaves `conv_0`, `conv_1`, `dense_0`; images are NHWC, convolutions are padded to the same size."""

    group: ClassVar[int] = 2

    settings: CNN

    def create_module(self) -> nn.Module:
        """The flax module, of images [B, height, width, channels]."""
        return _Module(self)

    def population_on_cpu(
        self, population: Float[Array, "N D"], inputs: Float[Array, "B H W C"]
    ) -> Float[Array, "N B O"]:
        """`population_apply` on a CPU: chunks of images, and for each chunk groups of individuals."""
        size, chunk = inputs.shape[0], min(IMAGES, inputs.shape[0])
        padded = jnp.pad(inputs, ((0, -size % chunk), (0, 0), (0, 0), (0, 0)))
        chunks = padded.reshape(-1, chunk, *inputs.shape[1:])

        def forward(part: Float[Array, "B H W C"]) -> Float[Array, "N B O"]:
            return in_groups(self._forward, population, windows(part, self.settings.kernel_size), self.group)

        outputs: Array = jax.lax.map(forward, chunks)
        return outputs.transpose(1, 0, 2, 3).reshape(population.shape[0], -1, self.outputs)[:, :size]

    def _forward(self, theta: Float[Array, " D"], windows: Float[Array, "B H W k"]) -> Float[Array, "B O"]:
        """`apply` by matrix products. max(ReLU(x + b)) = ReLU(max(x) + b), so pooling comes first."""
        layers: dict[str, dict[str, Array]] = self.layout.unflatten(theta)
        first, second, last = layers.values()
        units = _pooled(windows @ first["kernel"].reshape(-1, self.settings.filters[0]))
        units = _pooled(_convolved(jax.nn.relu(units + first.get("bias", 0.0)), second["kernel"]))
        units = jax.nn.relu(units + second.get("bias", 0.0)).reshape(windows.shape[0], -1)
        return units @ last["kernel"] + last.get("bias", 0.0)


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


class _Module(nn.Module):  # type: ignore[misc]
    network: ConvolutionalNetwork

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array) -> Array:
        network, side = self.network, (self.network.settings.kernel_size,) * 2
        for depth, filters in enumerate(network.settings.filters):
            images = nn.Conv(filters, side, **network.layer(f"conv_{depth}"))(images)
            images = nn.max_pool(nn.relu(images), (2, 2), strides=(2, 2))
        last = nn.Dense(network.outputs, **network.layer("dense_0"))
        outputs: Array = last(images.reshape(images.shape[0], -1))
        return outputs
