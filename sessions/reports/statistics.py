"""Means over replicates and their standard errors, over the values that are not None."""

from collections.abc import Sequence
from statistics import fmean


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of the values that are not None; None if all are."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def standard_error(values: Sequence[float | None]) -> float | None:
    """The standard error of the mean, s/√n, over the values that are not None; None for fewer than two."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    centre = fmean(known)
    variance = sum((value - centre) ** 2 for value in known) / (len(known) - 1)
    return float((variance / len(known)) ** 0.5)
