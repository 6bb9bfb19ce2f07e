"""Layers across rounds: where a line's weights went, how large and how sure they are, and what inputs they see."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Array, Bool, Float

from ticket_explorer.analysis.analysis import Points, Seen, Subject, Trained
from ticket_explorer.analysis.settings import Layers as Settings
from ticket_explorer.layout import Leaf

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class LayersResult:
    """Of T rounds and L prunable leaves, in the layout's order, for R replicates; NaN where nothing is kept."""

    rounds: Float[np.ndarray, " T"]
    density: Float[np.ndarray, "R T L"]
    """Share of the leaf that is kept."""
    magnitude: Float[np.ndarray, "R T L"]
    """Mean |θ| of the kept weights."""
    magnitude_quantiles: Float[np.ndarray, "R T L 3"]
    """At 10%, 50% and 90%."""
    sigma: Float[np.ndarray, "R T L"]
    """Mean σ of the kept weights; NaN if the trainer has none."""
    inputs: Float[np.ndarray, "R T I"]
    """Share of each input's first-layer weights that is kept: 0 is an input that nothing looks at.

    I is 0 where the first layer is not one that has a row for each input (a convolution).
    """


class Layers:
    """Statistics of each leaf; nothing is evaluated."""

    def __init__(self, settings: Settings):
        self.settings = settings

    def points(self, keys: Array, subject: Subject) -> Points | None:
        """None: masks, means and σ tell all."""
        return None

    def result(self, subject: Subject, seen: Seen) -> LayersResult:
        """Everything that follows from masks, means and σ."""
        leaves, line = subject.layout.prunable_leaves, subject.line
        return LayersResult(
            rounds=np.array([trained.number for trained in line], np.float32),
            density=_table(line, leaves, lambda trained, where: trained.mask[:, where].mean(-1)),
            magnitude=_table(line, leaves, lambda t, where: _mean(np.abs(t.mean[:, where]), t.mask[:, where])),
            magnitude_quantiles=_table(line, leaves, _quantiles),
            sigma=_table(line, leaves, _sigma),
            inputs=np.stack([_inputs(trained, leaves[0], subject.input_shape) for trained in line], axis=1),
        )


def _table(
    line: tuple[Trained, ...], leaves: tuple[Leaf, ...], of: Callable[[Trained, slice], np.ndarray]
) -> Float[np.ndarray, "R T L ..."]:
    rows = [np.stack([of(trained, leaf.slice) for leaf in leaves], axis=1) for trained in line]
    return np.stack(rows, axis=1).astype(np.float32)


def _mean(values: Float[np.ndarray, "R k"], kept: Bool[np.ndarray, "R k"]) -> Float[np.ndarray, " R"]:
    count = kept.sum(-1)
    means: np.ndarray = np.where(count > 0, (values * kept).sum(-1) / np.maximum(count, 1), np.nan)
    return means


def _sigma(trained: Trained, where: slice) -> Float[np.ndarray, " R"]:
    mask = trained.mask[:, where]
    return np.full(len(mask), np.nan) if trained.std is None else _mean(trained.std[:, where], mask)


def _quantiles(trained: Trained, where: slice) -> Float[np.ndarray, "R 3"]:
    rows = [
        np.quantile(np.abs(mean[kept]), QUANTILES) if kept.any() else np.full(len(QUANTILES), np.nan)
        for mean, kept in zip(trained.mean[:, where], trained.mask[:, where], strict=True)
    ]
    return np.stack(rows)


def _inputs(trained: Trained, first: Leaf, input_shape: tuple[int, ...]) -> Float[np.ndarray, "R I"]:
    mask = trained.mask[:, first.slice]
    if len(first.shape) != 2 or first.shape[0] != prod(input_shape):
        return np.zeros((len(mask), 0), np.float32)
    shares: np.ndarray = mask.reshape(len(mask), *first.shape).mean(-1)
    return shares.astype(np.float32)
