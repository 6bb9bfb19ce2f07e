"""A frame's content, unpacked: the sampled weights, and histograms over all kept ones."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sessions.messages.events import Frame
from ticket_explorer.criteria import comparable, snr
from widgets.plots.figure import Values

Quantity = Literal["magnitude", "sigma", "snr"]


@dataclass(frozen=True)
class Sample:
    """The sampled weights of a frame, all of them kept and prunable, of replicate 0."""

    indices: npt.NDArray[np.int32]
    """[n], entries of θ."""
    magnitude: Values
    """[n], |θ|."""
    snr: Values | None
    """[n], |θ| / σ, infinite where σ is 0, minus infinity where both are; None if the trainer has no σ."""

    def score(self, quantity: Quantity | None) -> Values | None:
        """The values that a pruner ranks by; None if a frame doesn't have them."""
        return {"magnitude": self.magnitude, "snr": self.snr}.get(quantity or "")


@dataclass(frozen=True)
class Histogram:
    """Counts of a positive quantity over all kept prunable weights; zeros are not counted."""

    edges: Values
    """[n + 1], ascending."""
    counts: Values
    """[n]."""

    def quantile(self, below: float) -> float | None:
        """The value that `below` of the counted weights lie below; None if that is none of them.

        Within a bin, weights are taken to be spread evenly in the logarithm.
        """
        if below <= 0 or not self.counts.any():
            return None
        total, edges = np.concatenate([[0.0], np.cumsum(self.counts)]), np.log10(self.edges)
        place = int(np.clip(np.searchsorted(total, below), 1, self.counts.size))
        share = (below - total[place - 1]) / max(self.counts[place - 1], 1.0)
        return float(10 ** (edges[place - 1] + min(share, 1.0) * (edges[place] - edges[place - 1])))


def sample_of(frame: Frame) -> Sample:
    """The sampled weights of a frame; divided in float32 as pruners do, so that a threshold is met exactly."""
    mean = np.frombuffer(frame.mean, "<f4")
    ratio = None if frame.std is None else comparable(snr(mean, np.frombuffer(frame.std, "<f4"))).astype(np.float64)
    return Sample(np.frombuffer(frame.indices, "<i4"), np.abs(mean).astype(np.float64), ratio)


def histogram_of(frame: Frame, quantity: Quantity) -> Histogram | None:
    """A histogram of a frame; None if it has none, or no value was positive."""
    values = np.frombuffer(frame.histograms.get(quantity, b""), "<f4").astype(np.float64)
    if values.size < 3 or not values[2:].any():
        return None
    low, high, counts = values[0], values[1], values[2:]
    if high - low < 1e-3:  # one σ for all weights: a single bar that can be seen
        return Histogram(10.0 ** np.array([low - 0.02, high + 0.02]), counts.sum(keepdims=True))
    return Histogram(10.0 ** np.linspace(low, high, counts.size + 1), counts)
