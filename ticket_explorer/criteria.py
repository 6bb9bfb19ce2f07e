"""The signal-to-noise ratio, |θ| / σ, and how scores that are no numbers are ranked. No JAX is imported here."""

from typing import TypeVar

import numpy as np
from jaxtyping import Float

AnyArray = TypeVar("AnyArray")


def snr(mean: AnyArray, std: AnyArray) -> AnyArray:
    """|θ| / σ, of NumPy's or JAX's arrays: infinite where σ is 0, and NaN where the mean is 0 too.

    Args:
        mean: θ of each weight.
        std: Effective σ of each weight.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return abs(mean) / std  # type: ignore[arg-type]


def comparable(score: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Scores as pruning ranks them: NaN is lower than every number."""
    return np.where(np.isnan(score), -np.inf, score).astype(score.dtype)
