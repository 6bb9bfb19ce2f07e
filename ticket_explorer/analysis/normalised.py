"""Scores of several tasks on one scale: 0 is the worst and 1 the best of a task's conditions and densities.

Accuracies and returns can be averaged over tasks only so (Lange & Sprekeler 2023, figure 1). Nothing is
said of how far apart a task's best and worst are: where all conditions do well, small differences count as much
as large ones elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class NormalisedScores:
    """Of K tasks, C conditions and T densities."""

    score: Float[np.ndarray, "K C T"]
    """In [0, 1]; NaN where a task's scores are all equal."""
    mean: Float[np.ndarray, "C T"]
    """The mean of the scores over tasks."""
    standard_error: Float[np.ndarray, "C T"]
    """Over tasks, s / √K; NaN for one task."""


def normalised(scores: Sequence[Float[np.ndarray, "C T"]]) -> NormalisedScores:
    """(score − lowest) / (highest − lowest), task by task.

    Args:
        scores: One array a task: of each condition at each density, higher is better.
    """
    score = np.stack([_scaled(np.asarray(of_task, float)) for of_task in scores])
    tasks = len(score)
    error = score.std(0, ddof=1) / np.sqrt(tasks) if tasks > 1 else np.full(score.shape[1:], np.nan)
    return NormalisedScores(score, score.mean(0), error)


def _scaled(score: Float[np.ndarray, "C T"]) -> Float[np.ndarray, "C T"]:
    low, high = score.min(), score.max()
    scaled: Float[np.ndarray, "C T"] = (score - low) / (high - low) if high > low else np.full_like(score, np.nan)
    return scaled
