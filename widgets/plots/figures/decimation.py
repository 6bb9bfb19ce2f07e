"""Shortens long lines without losing a spike: the lowest and the highest value of every bucket stay."""

import numpy as np
import numpy.typing as npt

from widgets.plots.figure import Values

BUCKETS = 1000
"""Lines of up to twice as many values are left as they are."""


def extremes(values: Values, buckets: int = BUCKETS) -> npt.NDArray[np.intp]:
    """Indices, ascending, of the values to show: all, or each bucket's extremes and the two ends.

    Buckets hold equal numbers of values from the start on, so that a growing line keeps its look.

    Args:
        values: [n]; NaN is a gap, which stays if a whole bucket is NaN.
        buckets: The most buckets.
    """
    if values.size <= 2 * buckets:
        return np.arange(values.size)
    size = bucket_size(values.size, buckets)
    rows = _in_rows(values, size)
    gap = np.isnan(rows)
    lowest, highest = np.where(gap, np.inf, rows).argmin(1), np.where(gap, -np.inf, rows).argmax(1)
    starts = np.arange(len(rows)) * size
    return np.unique(np.concatenate([[0], starts + lowest, starts + highest, [values.size - 1]]))


def bucket_size(count: int, buckets: int = BUCKETS) -> int:
    """How many of `count` values share a bucket."""
    return 1 if count <= 2 * buckets else -(-count // buckets)


def lowest(values: Values, size: int) -> Values:
    """[n], at each place the lowest value in its bucket; NaN where the bucket has none."""
    return np.repeat(np.fmin.reduce(_in_rows(values, size), axis=1), size)[: values.size]


def highest(values: Values, size: int) -> Values:
    """[n], at each place the highest value in its bucket; NaN where the bucket has none."""
    return np.repeat(np.fmax.reduce(_in_rows(values, size), axis=1), size)[: values.size]


def _in_rows(values: Values, size: int) -> Values:
    missing = -values.size % size
    return np.pad(values, (0, missing), constant_values=np.nan).reshape(-1, size)
