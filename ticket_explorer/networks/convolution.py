"""Convolutions that are quick inside of a loop, where training keeps them.

XLA leaves a convolution to its fast library only outside of loops on a CPU: inside of one, an update of
Conv-6 took eleven times the processor time. As one matrix product over patches it takes the same in both.
Elsewhere a convolution stays one.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.backend import backend


def convolved(
    images: Float[Array, "B H W C"],
    kernel: Float[Array, "h w C F"],
    strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    **options: Any,
) -> Float[Array, "B I J F"]:
    """What flax's `Conv` asks of `jax.lax.conv_general_dilated`, for one group without dilation.

    Args:
        images: B images of height H and width W, channels last.
        kernel: Height, width, channels, filters.
        strides: Along height and width.
        padding: `SAME`, `VALID`, or how much before and after each axis.
        **options: What else `jax.lax.conv_general_dilated` takes; a CPU needs none of it.
    """
    if backend() != "cpu":
        return jax.lax.conv_general_dilated(images, kernel, strides, padding, **options)
    height, width, _, filters = kernel.shape
    sizes = images.shape[1:3]
    if isinstance(padding, str):
        padding = jax.lax.padtype_to_pads(sizes, (height, width), tuple(strides), padding)
    padded = jnp.pad(images, ((0, 0), *padding, (0, 0)))
    rows, columns = ((padded.shape[1 + i] - kernel.shape[i]) // strides[i] + 1 for i in (0, 1))
    patches = [
        padded[:, i : i + (rows - 1) * strides[0] + 1 : strides[0], j : j + (columns - 1) * strides[1] + 1 : strides[1]]
        for i in range(height)
        for j in range(width)
    ]
    return jnp.concatenate(patches, axis=-1) @ kernel.reshape(-1, filters)
