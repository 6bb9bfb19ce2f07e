"""Directions of weight space: random, raw or filter-normalised (Li et al. 2018, section 4), or those that matter.

A direction moves kept weights only: a pruned weight stays zero, so that what is looked at is the
landscape that training sees.
"""

from functools import partial
from typing import Literal

import jax
import numpy as np
from jaxtyping import Array, Bool, Float

from ticket_explorer.analysis.analysis import Subject
from ticket_explorer.analysis.settings import Along
from ticket_explorer.analysis.spectrum import Wanted
from ticket_explorer.analysis.way import Way
from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout

Normalisation = Literal["none", "filter"]
STEPS = 20
"""Of Lanczos's method at least, and three for each eigenvector."""


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


def eigenvectors_wanted(along: Along, count: int, has_loss: bool, examples: int | None) -> Wanted | None:
    """The products that directions want first.

    Raises:
        TicketError: if they need a loss and there is none.
    """
    if along != "eigenvectors":
        return None
    if not has_loss:
        raise TicketError(
            "Eigenvectors need the Hessian of a loss, and the task has none; look along random directions, or "
            "along the search's own way."
        )
    return Wanted(max(STEPS, 3 * count), count, vectors=0, examples=examples)


def own_directions(along: Along, subject: Subject) -> Float[np.ndarray, "R count D"]:
    """Directions that the weights bring along: eigenvectors of norm 1, or components of the way, as long as it is.

    Raises:
        TicketError: if the way was not sampled.
    """
    if along == "eigenvectors":
        assert subject.curved is not None
        vectors = np.stack([leading.vectors for leading in subject.curved.leading])
        found: Float[np.ndarray, "R count D"] = np.nan_to_num(vectors)  # there are fewer where fewer weights are left
        return found
    way = subject.centre.way
    if way is None:
        raise TicketError(
            f"The way of round {subject.centre.number} of branch {subject.centre.branch!r} was not sampled, or the "
            "round still runs; set analysis.way = true for rounds to come, or look along random directions."
        )
    along_way: Float[np.ndarray, "R 2 D"] = way.components * lengths_of(way)[..., None]
    return along_way


def lengths_of(way: Way) -> Float[np.ndarray, "R 2"]:
    """How far a way leads from its end along each component."""
    lengths = np.abs(way.coordinates).max(1)
    found: Float[np.ndarray, "R 2"] = np.where(lengths > 0, lengths, np.float32(1.0))
    return found


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
