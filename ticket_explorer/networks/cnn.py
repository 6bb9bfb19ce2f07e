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
from jax.custom_batching import sequential_vmap
from jaxtyping import Array, Bool, Float, Int
from msgspec import structs

from ticket_explorer.layout import Leaf, kept_of
from ticket_explorer.networks.flax_network import NUMBER, FlaxNetwork, require_images
from ticket_explorer.networks.forms import Form
from ticket_explorer.networks.policies import biased, sparse_layer
from ticket_explorer.networks.population import GROUP_ELSEWHERE, FormedForward, in_chunks, in_groups, in_groups_of
from ticket_explorer.networks.settings import CNN
from ticket_explorer.networks.sparse_convolution import sparse_convolution

SPARSE_FROM, SPARSE_IMAGES = 4, 64
"""Dense multiply-adds that take as long as one of a kept weight, and images at once where these are gone through."""
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

    usual_on_cpu: ClassVar[Form] = Form(kind="rows", group=2, examples=IMAGES, sparse=True)
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
        groups = [group for group in (1, 2, 4) if group <= individuals]
        few = [Form(kind="rows", group=group, examples=IMAGES, sparse=True) for group in groups]
        chunks = [chunk for chunk in (64, 256) if chunk <= examples]
        many = [Form(kind="rows", group=min(64, individuals), examples=chunk, sparse=True) for chunk in chunks]
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

    def sparse_apply(
        self, population: Float[Array, "N D"], inputs: Float[Array, "B H W C"], kept: Int[Array, " n"]
    ) -> Float[Array, "N B O"]:
        """The outputs of N networks; where few weights are left, a CPU goes through them one by one."""
        if not (self.may_be_sparse and len(kept)):
            return self.population_apply(population, inputs)
        form = self.form_in_use

        def apply(population: Array, inputs: Array, kept: Array) -> Array:
            outputs: Array = jax.lax.cond(
                self._are_few(kept),
                lambda: self._by_weights(population, inputs, kept),
                lambda: self.kinds[form.kind](population, inputs, form),
            )
            return outputs

        outputs: Array = sequential_vmap(apply)(population, inputs, kept)
        return outputs

    def _are_few(self, kept: Int[Array, " n"]) -> Bool[Array, ""]:
        """Whether going through them one by one takes less time than dense products."""
        layers = self.settings.layers(self.input_shape, self.outputs)
        ends = [kept_of(leaf, kept) for leaf in self._kernels]
        done = sum(
            (layer.uses * (last - first) for layer, (first, last) in zip(layers, ends, strict=True)), jnp.int32(0)
        )
        return SPARSE_FROM * done < sum(layer.kernel * layer.uses for layer in layers)

    def _by_weights(
        self, population: Float[Array, "N D"], inputs: Float[Array, "B H W C"], kept: Int[Array, " n"]
    ) -> Float[Array, "N B O"]:
        """An individual at a time, on chunks of images: what one weight sees then stays in the cache."""

        def of_one(theta: Float[Array, " D"], images: Float[Array, "B H W C"]) -> Float[Array, "B O"]:
            layers: dict[str, dict[str, Array]] = self.layout.unflatten(theta)
            (first, second, last), weights = self._kernels, theta[kept][:, None]
            units = images.transpose(3, 1, 2, 0)[:, :, :, None]
            for kernel, layer in ((first, layers["conv_0"]), (second, layers["conv_1"])):
                units = _pooled(sparse_convolution(units, weights, kept, kernel))
                units = jax.nn.relu(units + layer["bias"][:, None, None, None, None] if "bias" in layer else units)
            flat = units.transpose(1, 2, 0, 3, 4).reshape(-1, 1, len(images))
            return sparse_layer(theta[None], kept, last, self._leaves.get("dense_0/bias"))(flat)[:, 0].T

        return in_chunks(lambda part: in_groups(of_one, population, part, 1), inputs, SPARSE_IMAGES)

    @property
    def _kernels(self) -> list[Leaf]:
        """The leaves of its three kernels, from the images on."""
        return [self._leaves[f"{name}/kernel"] for name in self.settings.layer_names]

    @property
    def _leaves(self) -> dict[str, Leaf]:
        return {leaf.name: leaf for leaf in self.layout}

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


def _pooled(images: Float[Array, "n H W ..."]) -> Float[Array, "n h w ..."]:
    """The maxima of 2×2 pixels, of images or of their channels; an odd last row or column is left out."""
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
