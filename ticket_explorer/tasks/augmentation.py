"""Augmented training images: each is mirrored at random, and shifted within a black border.

ResNets are trained on CIFAR-10 so: a horizontal flip with probability ½, then a crop of the image's own size out of it
with 4 black pixels on each side (open_lth, `datasets/cifar10.py`). Which pixel of an image an input shows is
worked out, and only those are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

AUGMENT = 0x617567
"""Folded into the key of a batch: which images are drawn stays the same."""
BORDER = 4
"""Black pixels on each side that a crop may reach into."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Source:
    """Where the inputs of B images come from."""

    entries: Int[Array, "B K"]
    """Of each image, flattened."""
    inside: Bool[Array, "B K"]
    """False on the black border."""


def sources(
    key: Array, kinds: Sequence[str], count: int, shape: tuple[int, ...], columns: Int[Array, " K"] | None
) -> Source:
    """Draw how each image of a batch is augmented.

    Args:
        key: Of the generation.
        kinds: `flip`, `crop`, or both.
        count: B, images in the batch.
        shape: Height, width, channels of an image.
        columns: Which flattened inputs are wanted; None: all.
    """
    height, width, channels = shape
    wanted = jnp.arange(height * width * channels) if columns is None else columns
    rows, across, channel = wanted // (width * channels), wanted // channels % width, wanted % channels
    flip_key, crop_key = jax.random.split(key)
    flipped = jax.random.bernoulli(flip_key, 0.5, (count, 1)) & ("flip" in kinds)
    shift = jax.random.randint(crop_key, (2, count, 1), -BORDER, BORDER + 1) * ("crop" in kinds)
    y, x = rows[None] + shift[0], across[None] + shift[1]
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    x = jnp.where(flipped, width - 1 - x, x)
    entries = (jnp.clip(y, 0, height - 1) * width + jnp.clip(x, 0, width - 1)) * channels + channel[None]
    return Source(entries, inside)
