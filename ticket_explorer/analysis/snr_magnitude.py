"""SNR against magnitude: how far the two criteria agree (Lange & Sprekeler 2023, figure 7).

Both correlations run over the kept prunable weights of one replicate. Where σ is the same for every
weight the criteria coincide and the correlations are 1.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from ticket_explorer.criteria import comparable, snr


@dataclass(frozen=True)
class Correlation:
    """Of SNR and magnitude, each in [-1, 1]; None where it is not defined."""

    pearson: float | None
    spearman: float | None


def snr_magnitude_correlation(
    mean: Float[np.ndarray, " D"], std: Float[np.ndarray, " D"], considered: Bool[np.ndarray, " D"]
) -> Correlation:
    """The correlation of |θ| / σ and |θ|.

    Args:
        mean: θ at the end of a round.
        std: Effective σ of each weight.
        considered: The kept prunable weights.
    """
    kept = mean[considered].astype(np.float64)
    magnitude, ratio = np.abs(kept), snr(kept, std[considered])
    return Correlation(pearson(magnitude, ratio), pearson(_ranks(magnitude), _ranks(comparable(ratio))))


def rank_correlation(x: Float[np.ndarray, " k"], y: Float[np.ndarray, " k"]) -> float | None:
    """Spearman's correlation, in [-1, 1]; None where it is not defined."""
    return pearson(_ranks(x), _ranks(y)) if np.isfinite(x).all() and np.isfinite(y).all() else None


def threshold(score: Float[np.ndarray, " k"], lost: int) -> float | None:
    """The highest score among the `lost` lowest: what pruning them removes up to; None if nothing is lost."""
    return float(np.partition(comparable(score), lost - 1)[lost - 1]) if lost > 0 else None


def _ranks(x: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """From 1; equal values share the mean of theirs. `scipy.stats` has this, and takes an engine a second to import."""
    _, place, count = np.unique(x, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


def pearson(x: Float[np.ndarray, " k"], y: Float[np.ndarray, " k"]) -> float | None:
    """The correlation of two quantities; None where it is not defined: of few, constant or infinite values."""
    if x.size < 3 or not (np.isfinite(x).all() and np.isfinite(y).all()) or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])
