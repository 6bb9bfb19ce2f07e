"""Frames: a running round as a live scatter and histograms need it, thinned.

The sample is the same weights for as long as they are kept: the first kept ones in a fixed random
order of all prunable weights. A frame costs under a millisecond at 10,000 weights.
"""

import time

import numpy as np

from sessions.messages.events import Frame
from ticket_explorer.criteria import snr
from ticket_explorer.layout import Layout
from ticket_explorer.trainers.trainer import TrainingResult

SAMPLE = 512
BINS = 48
A_SECOND = 5
"""The most live frames a second."""
A_ROUND = 24
"""How many frames of a round are journalled."""


class Framer:
    """Takes frames of one round, no more often than wanted."""

    def __init__(self, branch: str, number: int, generations: int, layout: Layout, mask: np.ndarray) -> None:
        self._branch, self._number = branch, number
        order = np.random.default_rng(0).permutation(np.flatnonzero(layout.prunable))
        self._kept = np.flatnonzero(mask & layout.prunable)
        self._sample = order[mask[order]][:SAMPLE]
        self._every = max(generations // A_ROUND, 1)
        self._last_kept = -self._every
        self._last_live = 0.0

    def is_due(self, generation: int, last: bool) -> bool:
        """Whether a frame at this generation is to be journalled."""
        if last or generation >= self._last_kept + self._every:
            self._last_kept = generation
            return True
        return False

    def is_wanted_live(self) -> bool:
        """Whether watchers may be sent another frame already."""
        now = time.monotonic()
        if now < self._last_live + 1 / A_SECOND:
            return False
        self._last_live = now
        return True

    def take(self, result: TrainingResult, generation: int) -> Frame:
        """A frame of replicate 0; nothing of other replicates or of masks leaves the device."""
        mean = np.asarray(result.mean[0])
        std = None if result.std is None else np.asarray(result.std[0])
        return Frame(
            at=time.time(),
            branch=self._branch,
            round=self._number,
            generation=generation,
            indices=self._sample.astype("<i4").tobytes(),
            mean=mean[self._sample].astype("<f4").tobytes(),
            std=None if std is None else std[self._sample].astype("<f4").tobytes(),
            histograms=self._histograms(mean, std),
        )

    def _histograms(self, mean: np.ndarray, std: np.ndarray | None) -> dict[str, bytes]:
        magnitude = np.abs(mean[self._kept])
        quantities = {"magnitude": magnitude}
        if std is not None:
            sigma = std[self._kept]
            quantities |= {"sigma": sigma, "snr": snr(mean[self._kept], sigma)}
        return {name: _histogram(values) for name, values in quantities.items()}


def _histogram(values: np.ndarray) -> bytes:
    """A histogram of the positive values; infinite ones are counted with the largest."""
    positive = values[values > 0]
    largest = positive[np.isfinite(positive)].max(initial=0.0)
    if largest == 0:
        return np.zeros(2 + BINS, "<f4").tobytes()
    logarithms = np.log10(np.minimum(positive, largest))
    low, high = logarithms.min(), logarithms.max()
    bins = np.minimum((logarithms - low) * (BINS / max(high - low, 1e-6)), BINS - 1).astype(np.intp)
    counts = np.bincount(bins, minlength=BINS)
    return np.concatenate([[low, high], counts]).astype("<f4").tobytes()
