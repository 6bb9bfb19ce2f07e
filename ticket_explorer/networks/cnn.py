"""The convolutional network of Lange & Sprekeler (2023): 11,274 parameters on 28×28 images.

On a CPU a population's convolutions are matrix products on chunks of images that stay in the cache:
the first on windows cut once for all individuals, the second row by row. With 16 × 256 images that
was 5 times as fast as `jax.vmap` of the flax module, mapping over its convolutions 2 to 3 times,
one wide first convolution and mapped second ones 4 times.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float
from msgspec import structs

from ticket_explorer.networks.flax_network import NUMBER, FlaxNetwork, require_images
from ticket_explorer.networks.forms import Form
from ticket_explorer.networks.policies import biased
from ticket_explorer.networks.population import GROUP_ELSEWHERE, FormedForward, in_chunks, in_groups, in_groups_of
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

    usual_on_cpu: ClassVar[Form] = Form(kind="rows", group=2, examples=IMAGES)
    usual_elsewhere: ClassVar[Form] = Form(kind="wide", group=GROUP_ELSEWHERE)

    settings: CNN

    def create_module(self) -> nn.Module:
        """The flax module, of images [B, height, width, channels]."""
        return _Module(self)

    @property
    def kinds(self) -> Mapping[str, FormedForward]:
        """`grouped`; `rows`, matrix products row by row; `wide`, one convolution of all individuals' channels."""
        return {**super().kinds, "rows": self._rows, "wide": self._wide}

    def forms(self, individuals: int, examples: int) -> tuple[Form, ...]:
        """Groups as one convolution each, and small groups row by row on chunks of images."""
        grouped = super().forms(individuals, examples)
        wide = [structs.replace(form, kind="wide") for form in grouped if form.group > 1]
        few = [Form(kind="rows", group=group, examples=IMAGES) for group in (1, 2, 4) if group <= individuals]
        chunks = [chunk for chunk in (64, 256) if chunk <= examples]
        many = [Form(kind="rows", group=min(64, individuals), examples=chunk) for chunk in chunks]
        return *grouped, *wide, *few, *many

    def bytes_of(self, form: Form, examples: int) -> int | None:
        """A bound on what the units of one replicate take; `rows` holds each row's part of every output row."""
        if form.kind != "rows":
            return super().bytes_of(form, examples)
        (height, width, _), (first, second) = self.input_shape, self.settings.filters
        side = self.settings.kernel_size
        pixels = height * width + (height // 2) * (width // 2) * side
        parts = (height // 2 + side - 1) * (width // 2) * side * second
        return NUMBER * form.group * (form.examples or examples) * (pixels * first + parts)

    def _rows(self, population: Float[Array, "N D"], inputs: Float[Array, "B H W C"], form: Form) -> Array:
        def forward(part: Float[Array, "B H W C"]) -> Float[Array, "N B O"]:
            return in_groups(self._forward, population, windows(part, self.settings.kernel_size), form.group)

        return in_chunks(forward, inputs, form.examples)

    def _wide(self, population: Float[Array, "N D"], inputs: Float[Array, "B H W C"], form: Form) -> Array:
        def forward(part: Float[Array, "B H W C"]) -> Float[Array, "N B O"]:
            shared = windows(part, self.settings.kernel_size)
            return in_groups_of(self._side_by_side, population, shared, form.group)

        return in_chunks(forward, inputs, form.examples)

    def _side_by_side(self, population: Float[Array, "n D"], windows: Float[Array, "B H W k"]) -> Float[Array, "n B O"]:
        """A group's outputs: its filters side by side in one product with the images' windows, then in a convolution.

        On an H200 that product takes two thirds of the time of a convolution; in float32 the second takes three
        quarters of all, and is no faster as products of patches.
        """
        layers: dict[str, dict[str, Array]] = self.layout.unflatten(population)
        first, second, last = layers.values()
        count, filters = len(population), self.settings.filters
        beside = first["kernel"].reshape(count, -1, filters[0]).transpose(1, 0, 2).reshape(-1, count * filters[0])
        units = _activated(_pooled(windows @ beside), first)
        units = _activated(_pooled(_beside(units, second["kernel"])), second)
        apart = units.reshape(len(windows), -1, count, filters[1]).transpose(2, 0, 1, 3)
        return biased(apart.reshape(count, len(windows), -1) @ last["kernel"], last)

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


def _beside(images: Float[Array, "B H W c"], kernels: Float[Array, "n side side C F"]) -> Float[Array, "B H W units"]:
    """The convolutions of n networks as one grouped one, each of the channels that are its own."""
    count, side, _, channels, filters = kernels.shape
    kernel = kernels.transpose(1, 2, 3, 0, 4).reshape(side, side, channels, count * filters)
    numbers = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(
        images, kernel, (1, 1), "SAME", dimension_numbers=numbers, feature_group_count=count
    )


def _activated(units: Float[Array, "B H W units"], layer: Mapping[str, Float[Array, "n ..."]]) -> Array:
    """ReLU of the units of n networks side by side, with their biases, if they have any."""
    return jax.nn.relu(units + layer["bias"].reshape(-1) if "bias" in layer else units)


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
