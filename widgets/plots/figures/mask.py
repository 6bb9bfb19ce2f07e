"""One leaf's mask as a picture: which inputs a ticket uses, which connections are left.

Vischer, Lange & Sprekeler (2021) show masks of input layers like this; Lange & Sprekeler (2023) have no such figure.
"""

from collections.abc import Sequence
from math import prod

import numpy as np
import numpy.typing as npt

from sessions.messages.events import LeafShape
from widgets.plots.figure import Axis, Figure, Picture, Points, Values
from widgets.plots.figures.selection import percent
from widgets.plots.names import FIGURES

_COLUMN, _ROW = Axis("column"), Axis("row", reverse=True)


def mask(mask: npt.NDArray[np.bool_], leaves: Sequence[LeafShape], name: str, input_shape: Sequence[int]) -> Figure:
    """The share that survives of each input's outgoing weights, or of each weight of a later leaf.

    The first kernel is folded to the input's shape if that is an image, channels averaged, the pixel
    that keeps most in full colour: at a density of 2% all others would be without colour too. Other
    kernels are shown as the matrix they are, inputs downwards; convolutions as a tile for each pair
    of channels, input channels downwards, a gap between the tiles.

    Args:
        mask: [D] or [R, D], true = kept; replicates are averaged.
        leaves: The leaves of θ, in order.
        name: The name of the leaf to show.
        input_shape: The shape of one example: height, width, channels, or the number of observations.
    """
    title = f"{FIGURES['mask'].title} · {name}"
    kept = _leaf(mask, leaves, name)
    if kept is None:
        return Figure(title, _COLUMN, _ROW, note=_why_not(mask, leaves, name))
    share = float(kept.mean()) if kept.size else 0.0
    if _is_folded(leaves, name, input_shape):
        image = kept.mean(axis=1).reshape(*input_shape, *[1] * (3 - len(input_shape))).mean(axis=2)
        most = float(image.max())
        note = f"Of each pixel's weights up to {percent(most)} are kept (strongest), {percent(share)} of all."
        return Figure(title, _COLUMN, _ROW, (Picture(name, image / (most or 1.0)),), note)
    x, y = _axes(kept.ndim)
    return Figure(title, x, y, (Picture(name, _flat(kept)),), f"{percent(share)} kept.")


def lit_weights(
    entries: Sequence[int],
    leaves: Sequence[LeafShape],
    name: str,
    input_shape: Sequence[int],
    group: tuple[str, int] = ("selected", 1),
) -> tuple[Points, ...]:
    """Where some weights are in the picture of a leaf: a point in the middle of the cell of each; none elsewhere.

    Args:
        entries: The weights, as entries of θ.
        leaves: The leaves of θ, in order.
        name: The name of the leaf that is shown.
        input_shape: The shape of one example, as for `mask`.
        group: What they are called, and their palette index; those of a group have its marker.
    """
    sizes = [prod(leaf.shape) for leaf in leaves]
    for leaf, size, end in zip(leaves, sizes, np.cumsum(sizes), strict=True):
        inside = np.array([entry for entry in entries if end - size <= entry < end], np.int32)
        if leaf.name == name and inside.size:
            folded = input_shape if _is_folded(leaves, name, input_shape) else None
            row, column = _cells(inside - (int(end) - size), leaf.shape, folded)
            return (Points(group[0], column + 0.5, row + 0.5, group[1], inside, group[0] != "selected"),)
    return ()


def _cells(
    places: npt.NDArray[np.int32], shape: Sequence[int], folded_to: Sequence[int] | None
) -> tuple[Values, Values]:
    """The rows and columns of a leaf's picture in which entries of the leaf are."""
    if folded_to is not None:
        row, column = np.unravel_index(places // shape[1], tuple(folded_to))[:2]
    elif len(shape) == 2:
        row, column = np.unravel_index(places, tuple(shape))
    elif len(shape) in (3, 4):
        height, width = (1, *shape)[-4], shape[-3]
        down, right, source, target = np.unravel_index(places, (height, *shape[-3:]))
        row, column = source * (height + 1) + down, target * (width + 1) + right
    else:
        row, column = np.unravel_index(places, (1, *shape))[:2]
    return row.astype(np.float64), column.astype(np.float64)


def _leaf(mask: npt.NDArray[np.bool_], leaves: Sequence[LeafShape], name: str) -> Values | None:
    """The share of replicates that keep each entry of a leaf, in its shape; None if there is no such leaf."""
    sizes = [prod(leaf.shape) for leaf in leaves]
    if sum(sizes) != mask.shape[-1]:
        return None
    for leaf, size, end in zip(leaves, sizes, np.cumsum(sizes), strict=True):
        if leaf.name == name:
            share: Values = np.atleast_2d(mask)[:, int(end) - size : int(end)].mean(axis=0)
            return share.reshape(leaf.shape)
    return None


def _is_folded(leaves: Sequence[LeafShape], name: str, input_shape: Sequence[int]) -> bool:
    """Whether a leaf is the first kernel, dense, and its inputs are an image.

    Later kernels may have as many inputs as the image has pixels: 7 × 7 × 16 = 28 × 28.
    """
    first = next((leaf for leaf in leaves if len(leaf.shape) > 1), None)
    return (
        first is not None
        and first.name == name
        and len(first.shape) == 2
        and len(input_shape) in (2, 3)
        and first.shape[0] == prod(input_shape)
    )


def _axes(dimensions: int) -> tuple[Axis, Axis]:
    if dimensions < 2:
        return Axis("entry"), _ROW
    if dimensions == 2:
        return Axis("to unit"), Axis("from unit", reverse=True)
    return Axis("to channel"), Axis("from channel", reverse=True)


def _flat(kept: Values) -> Values:
    if kept.ndim == 2:
        return kept
    if kept.ndim in (3, 4):
        return _tiled(kept.reshape(-1, *kept.shape[-3:]))
    return kept.reshape(1, -1)


def _tiled(kernel: Values) -> Values:
    """[in · (h + 1) − 1, out · (w + 1) − 1] of [h, w, in, out]: tiles with a gap of one between them."""
    tiles = np.pad(kernel.transpose(2, 0, 3, 1), ((0, 0), (0, 1), (0, 0), (0, 1)), constant_values=np.nan)
    rows, height, columns, width = tiles.shape
    return tiles.reshape(rows * height, columns * width)[:-1, :-1]


def _why_not(mask: npt.NDArray[np.bool_], leaves: Sequence[LeafShape], name: str) -> str:
    if not leaves:
        return "An early version made this session and did not record the shapes of its layers."
    size = sum(prod(leaf.shape) for leaf in leaves)
    if size != mask.shape[-1]:
        return f"This mask has {mask.shape[-1]} entries, and the network {size} weights: it is of another network."
    return f"There is no layer {name!r}. Layers: {', '.join(leaf.name for leaf in leaves)}."
