"""Random directions of weight space, raw or filter-normalised (Li et al. 2018, section 4).

A direction moves kept weights only: a pruned weight stays zero, so that what is looked at is the
landscape that training sees.
"""

from functools import partial
from typing import Literal

import jax
import numpy as np
from jaxtyping import Array, Bool, Float

from ticket_explorer.layout import Layout

Normalisation = Literal["none", "filter"]


def directions(
    keys: Array,
    count: int,
    weights: Float[np.ndarray, "R D"],
    mask: Bool[np.ndarray, "R D"],
    layout: Layout,
    normalisation: Normalisation,
) -> Float[np.ndarray, "R count D"]:
    """η ~ N(0, I) on the kept entries, zero on the pruned ones.

    Args:
        keys: One a replicate; the draws depend on nothing else.
        count: How many directions.
        weights: What filters are normalised to.
        mask: Which entries may move.
        layout: The leaves, for filters.
        normalisation: `filter` scales each filter to the norm of the weights' own.
    """
    drawn = np.stack([np.asarray(_normal(key, count, layout.size)) for key in keys]) * mask[:, None]
    return drawn if normalisation == "none" else filter_normalised(drawn, weights, layout)


def filter_normalised(
    drawn: Float[np.ndarray, "R count D"], weights: Float[np.ndarray, "R D"], layout: Layout
) -> Float[np.ndarray, "R count D"]:
    """Every filter of a direction with the norm of the weights' filter: d ← d / ‖d‖ · ‖w‖ (Li et al. 2018, section 4).

    A filter is what leads to one output of a kernel: a column of a dense layer, one filter of a
    convolution. Leaves of one axis (biases, scales) don't move, as in the paper.
    """
    normalised = np.zeros_like(drawn)
    for leaf in layout:
        if len(leaf.shape) < 2:
            continue
        into = (-1, leaf.shape[-1])
        part = drawn[..., leaf.slice].reshape(*drawn.shape[:-1], *into)
        own = weights[..., leaf.slice].reshape(len(weights), 1, *into)
        norm = np.linalg.norm(part, axis=-2, keepdims=True)
        scale = np.linalg.norm(own, axis=-2, keepdims=True) / np.where(norm > 0, norm, 1.0)
        normalised[..., leaf.slice] = (part * scale).reshape(*drawn.shape[:-1], leaf.size)
    return normalised


@partial(jax.jit, static_argnames=("count", "size"))
def _normal(key: Array, count: int, size: int) -> Float[Array, "count size"]:
    return jax.random.normal(key, (count, size))
