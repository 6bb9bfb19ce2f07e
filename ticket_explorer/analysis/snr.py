"""The two criteria across rounds: correlation, thresholds and overlap (Lange & Sprekeler 2023, figure 7).

Over the kept prunable weights of each round: how SNR |θ| / σ and magnitude |θ| correlate, where each
criterion would cut, and how much of what the one removes the other would remove too (Jaccard).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.analysis.analysis import Points, Seen, Subject, Trained
from ticket_explorer.analysis.settings import SNR
from ticket_explorer.analysis.snr_magnitude import snr_magnitude_correlation, threshold
from ticket_explorer.criteria import comparable, snr
from ticket_explorer.errors import TicketError


@dataclass(frozen=True)
class CriteriaResult:
    """Of T rounds, for R replicates; NaN where a number is not defined."""

    rounds: Float[np.ndarray, " T"]
    pearson: Float[np.ndarray, "R T"]
    spearman: Float[np.ndarray, "R T"]
    snr_threshold: Float[np.ndarray, "R T"]
    """The highest SNR that pruning by SNR would remove."""
    magnitude_threshold: Float[np.ndarray, "R T"]
    overlap: Float[np.ndarray, "R T"]
    """Jaccard overlap of what the two criteria would remove, in [0, 1]."""


class Criteria:
    """SNR against magnitude; nothing is evaluated."""

    def __init__(self, settings: SNR):
        self.settings = settings

    def points(self, keys: Array, subject: Subject) -> Points | None:
        """None: means and σ tell all.

        Raises:
            TicketError: if no round has a σ.
        """
        if all(trained.std is None for trained in subject.line):
            raise TicketError(
                f"SNR is |θ| / σ, and the trainer of branch {subject.centre.branch!r} has no σ; "
                "analyse a branch that an evolution strategy trained, or look at its layers or curvature."
            )
        return None

    def result(self, subject: Subject, seen: Seen) -> CriteriaResult:
        """The criteria in every round."""
        table = np.stack(
            [
                [self._row(trained, replicate, subject.layout.prunable) for replicate in range(len(trained.mean))]
                for trained in subject.line
            ],
            axis=1,
        )
        rounds = np.array([trained.number for trained in subject.line], np.float32)
        return CriteriaResult(rounds, *np.moveaxis(table, -1, 0))

    def _row(self, trained: Trained, replicate: int, prunable: np.ndarray) -> Float[np.ndarray, " 5"]:
        if trained.std is None:
            return np.full(5, np.nan, np.float32)
        mean, std = trained.mean[replicate], trained.std[replicate]
        considered = trained.mask[replicate] & prunable
        found = snr_magnitude_correlation(mean, std, considered)
        magnitude, ratio = np.abs(mean[considered]), snr(mean[considered], std[considered])
        lost = round(self.settings.ratio * magnitude.size)
        cuts = threshold(ratio, lost), threshold(magnitude, lost)
        row = (found.pearson, found.spearman, *cuts, overlap(ratio, magnitude, lost))
        return np.array([np.nan if value is None else value for value in row], np.float32)


def overlap(one: Float[np.ndarray, " k"], other: Float[np.ndarray, " k"], lost: int) -> float | None:
    """The Jaccard overlap of the `lost` lowest of two scores, ties broken by index; None if nothing is lost."""
    if lost < 1:
        return None
    first, second = (np.argsort(comparable(score), kind="stable")[:lost] for score in (one, other))
    both = int(np.isin(first, second).sum())
    return both / (2 * lost - both)
