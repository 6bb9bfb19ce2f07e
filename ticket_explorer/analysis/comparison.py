"""Two branches compared: the difference of their scores at equal density, paired by replicate.

Replicates of one session see the same initial weights, batches and noise, so that differences are paired
(Student's paired t-test, two-sided); with one replicate there is a difference and no error. One of twenty densities
is below 0.05 by chance, so that p-values are told as they are and with Holm's correction for all the densities.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.analysis.analysis import Points, Seen, Subject, Trained
from ticket_explorer.analysis.settings import SAME
from ticket_explorer.analysis.settings import Comparison as Settings
from ticket_explorer.analysis.significance import holm, p_value
from ticket_explorer.errors import TicketError


@dataclass(frozen=True)
class ComparisonResult:
    """Of T densities that both branches have, from dense to sparse; NaN where a number is not defined."""

    densities: Float[np.ndarray, " T"]
    score: Float[np.ndarray, "R T"]
    other_score: Float[np.ndarray, "R T"]
    difference: Float[np.ndarray, "1 T"]
    """Mean over replicates of score less other score."""
    standard_error: Float[np.ndarray, "1 T"]
    """Of that mean, s / √R."""
    p_value: Float[np.ndarray, "1 T"]
    """That a difference as large comes by chance at this density, if there is none."""
    holm_p_value: Float[np.ndarray, "1 T"]
    """The same with Holm's correction: for that it comes at any of the densities."""


class Comparison:
    """Scores of two lines; nothing is evaluated."""

    def __init__(self, settings: Settings):
        self.settings = settings

    def points(self, keys: Array, subject: Subject) -> Points | None:
        """None: scores are compared, no point of weight space is evaluated.

        Raises:
            TicketError: if the branches have no density in common.
        """
        if not self._pairs(subject):
            advice = (
                "branches of overlapping densities" if self.settings.interpolate else "branches with the same pruning"
            )
            also = "" if self.settings.interpolate else ", or set interpolate=true"
            raise TicketError(
                f"The branches have no density in common ({_span(subject.line)} and {_span(subject.other)}); "
                f"compare {advice}{also}."
            )
        return None

    def result(self, subject: Subject, seen: Seen) -> ComparisonResult:
        """Differences with their errors."""
        pairs = self._pairs(subject)
        own = np.stack([_score(one) for one, _ in pairs], axis=1)
        others = np.stack([score for _, score in pairs], axis=1)
        difference, replicates = own - others, len(own)
        spread = difference.std(0, ddof=1) if replicates > 1 else np.full(len(pairs), np.nan)
        error = spread / np.sqrt(replicates)
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = difference.mean(0) / error
        p_values = np.array(
            [
                p_value(float(t), replicates - 1) if np.isfinite(e) else np.nan
                for t, e in zip(statistic, error, strict=True)
            ]
        )
        return ComparisonResult(
            densities=np.array([one.density for one, _ in pairs], np.float32),
            score=own,
            other_score=others,
            difference=difference.mean(0)[None],
            standard_error=error[None],
            p_value=p_values[None],
            holm_p_value=holm(p_values)[None],
        )

    def _pairs(self, subject: Subject) -> list[tuple[Trained, Float[np.ndarray, " R"]]]:
        """The rounds that have a counterpart, each with the other branch's scores at its density."""
        pairs = []
        for one in subject.line:
            alike = [other for other in subject.other if abs(one.density - other.density) <= SAME * one.density]
            score = _score(alike[0]) if alike else None
            if score is None and self.settings.interpolate:
                score = _interpolated(one, subject.other)
            if score is not None:
                pairs.append((one, score))
        return pairs


def _interpolated(one: Trained, others: tuple[Trained, ...]) -> Float[np.ndarray, " R"] | None:
    """The others' scores at one's density, linearly in log density; None beyond their densities."""
    ordered = sorted(others, key=lambda other: other.density)
    known = np.log([other.density for other in ordered])
    wanted = np.log(one.density)
    if not known[0] <= wanted <= known[-1]:
        return None
    scores = np.stack([_score(other) for other in ordered])
    return np.array([np.interp(wanted, known, of_replicate) for of_replicate in scores.T])


def _score(trained: Trained) -> Float[np.ndarray, " R"]:
    assert trained.score is not None, "lines are of finished rounds"
    return trained.score


def _span(line: tuple[Trained, ...]) -> str:
    return f"{line[0].density:.3g} to {line[-1].density:.3g}"
