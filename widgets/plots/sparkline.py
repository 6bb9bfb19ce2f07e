"""A line of values in one row of text."""

from collections.abc import Sequence
from math import isfinite

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int, floor: float | None = None) -> str:
    """The values as bars, averaged down to at most `width` columns; a gap stands where no value is finite.

    Args:
        values: What is drawn, from left to right.
        width: The most columns that there may be.
        floor: Where the shortest bar stands; the lowest value if that is lower, or if None.
    """
    columns = [_mean(values[start:end]) for start, end in _slices(len(values), width)]
    finite = [value for value in columns if value is not None]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    low = low if floor is None else min(low, floor)
    span = (high - low) or 1.0
    return "".join(" " if value is None else _BARS[round((value - low) / span * 7)] for value in columns)


def _slices(count: int, width: int) -> list[tuple[int, int]]:
    columns = min(count, width)
    return [(i * count // columns, (i + 1) * count // columns) for i in range(columns)]


def _mean(values: Sequence[float]) -> float | None:
    finite = [value for value in values if isfinite(value)]
    return sum(finite) / len(finite) if finite else None
