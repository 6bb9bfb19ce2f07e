"""Convolutions of which few weights are kept: the kept ones are gone through, one by one.

Channels lead and individuals and images come last, so that what a kernel's entry sees of a channel is one shift of it.
All individuals keep the same weights.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ticket_explorer.layout import Leaf, kept_of


def sparse_convolution(
    units: Float[Array, "C H W N B"], weights: Float[Array, "n N"], kept: Int[Array, " n"], kernel: Leaf
) -> Float[Array, "F H W N B"]:
    """A convolution padded to the same size.

    Args:
        units: The channels of N individuals' B images.
        weights: Their kept weights, of all layers.
        kept: Which entries of θ these are, ascending.
        kernel: The kernel's leaf: height, width, channels, filters.
    """
    height, width, _, filters = kernel.shape
    above, left = (height - 1) // 2, (width - 1) // 2
    border = ((0, 0), (above, height - 1 - above), (left, width - 1 - left), (0, 0), (0, 0))
    padded, shape = jnp.pad(units, border), units.shape[1:]
    row, column, channel, filter_ = jnp.unravel_index(_inside(kept, kernel), kernel.shape)

    def add(k: Array, sums: Array) -> Array:
        seen: Array = jax.lax.dynamic_slice(padded, (channel[k], row[k], column[k], 0, 0), (1, *shape))
        before = jax.lax.dynamic_index_in_dim(sums, filter_[k], 0)
        after = before + seen * weights[k][None, None, None, :, None]
        changed: Array = jax.lax.dynamic_update_index_in_dim(sums, after, filter_[k], 0)
        return changed

    first, last = kept_of(kernel, kept)
    summed: Array = jax.lax.fori_loop(first, last, add, jnp.zeros((filters, *shape), units.dtype))
    return summed


def _inside(kept: Int[Array, " n"], leaf: Leaf) -> Int[Array, " n"]:
    """The kept entries as indices into a leaf; those of others are anywhere in it, and not gone through."""
    return jnp.clip(kept - leaf.offset, 0, leaf.size - 1)
