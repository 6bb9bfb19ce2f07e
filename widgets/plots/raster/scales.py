"""Scales: from values to places along an axis, with round ticks.

A scale knows no cells: a place is a share of the axis's length, so that one scale serves any size. What can't be
shown (not finite, or not positive on a logarithmic scale) has no place, which is NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import numpy as np

from widgets.plots.figure import Axis, Values
from widgets.plots.ticks import labels, round_ticks

_FAR = 1e6
_LARGEST = 1e280
_SMALLEST = 1e-280
_DIGITS = ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
_SUFFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Scale:
    """A finite range of values, `low` below `high`."""

    low: float
    high: float
    log: bool = False
    reverse: bool = False

    def places(self, values: Values) -> Values:
        """The places of values: 0 on the left or at the bottom, 1 at the other end, NaN for no place.

        Places are limited to a million lengths.
        """
        low, high = (log10(self.low), log10(self.high)) if self.log else (self.low, self.high)
        with np.errstate(all="ignore"):
            levels = np.log10(values) if self.log else np.asarray(values, dtype=np.float64)
            places = (levels - low) / (high - low)
            far = ~(np.abs(places) <= _FAR)
            if far.any():
                places = np.where(np.isfinite(places), np.clip(places, -_FAR, _FAR), np.nan)
        return 1.0 - places if self.reverse else places

    def place(self, value: float) -> float:
        """The place of one value."""
        return float(self.places(np.array([value], dtype=np.float64))[0])

    def value(self, place: float) -> float:
        """The value at a place."""
        share = 1.0 - place if self.reverse else place
        if not self.log:
            return self.low + share * (self.high - self.low)
        return float(10.0 ** (log10(self.low) + share * (log10(self.high) - log10(self.low))))


@dataclass(frozen=True)
class Tick:
    """A value that is named on an axis."""

    value: float
    label: str


def fitted(axis: Axis, values: Values, margin: float = 0.0) -> Scale:
    """The scale that shows the values, or the axis's own limits.

    Args:
        axis: Its scale, direction and limits.
        values: All values to be shown; those that are not finite don't count.
        margin: The share of the range that stays free at either end; a linear range of values that are
            nowhere negative doesn't start below zero for it.
    """
    log = axis.scale == "log"
    shown = values[np.isfinite(values) & (np.abs(values) < _LARGEST) & ((values > _SMALLEST) | (not log))]
    low, high = (float(shown.min()), float(shown.max())) if shown.size else (1.0, 10.0) if log else (0.0, 1.0)
    if axis.limits is not None and np.isfinite(axis.limits).all():
        given = sorted(float(np.clip(limit, -_LARGEST, _LARGEST)) for limit in axis.limits)
        low, high = (low, max(given[1], low)) if log and given[0] <= 0 else (given[0], given[1])
        margin = 0.0
    highest = high
    low, high = _widened(low, high, log, margin)
    if axis.percent and highest <= 1.0:  # no share is above 100%
        high = min(high, 1.0)
    return Scale(low, high, log, axis.reverse)


def _widened(low: float, high: float, log: bool, margin: float) -> tuple[float, float]:
    """A range that is not a single value, with its margins."""
    if log:
        low, high = (min(max(end, _SMALLEST), _LARGEST) for end in (low, high))
        low, high = (low, high) if high > low * (1 + 1e-9) else (low / 2, low * 2)
        extra = 10.0 ** (margin * (log10(high) - log10(low)))
        return low / extra, high * extra
    largest = max(abs(low), abs(high))
    if high - low <= max(largest * 1e-9, _SMALLEST):
        half = max(0.1 * largest, _SMALLEST * 10) if largest else 0.5
        return low - half, high + half
    extra = margin * (high - low)
    return max(low - extra, 0.0) if low >= 0 else low - extra, high + extra


def ticks(scale: Scale, about: int, percent: bool = False, whole: bool = False) -> tuple[Tick, ...]:
    """Round numbers on the scale, ascending.

    Args:
        scale: Where they must be.
        about: How many there may be; never fewer than two are aimed at.
        percent: Whether to write shares in percent.
        whole: Whether to name whole numbers only, if there are any.
    """
    values = _log_ticks(scale, about) if scale.log else ()
    if len(values) >= 2:
        texts = [brief(100 * value if percent else value) for value in values]
    else:
        values = _linear_ticks(scale, about, whole)
        texts = _even(tuple(100 * value for value in values) if percent else values)
    return tuple(Tick(value, text + "%" * percent) for value, text in zip(values, texts, strict=True))


def _linear_ticks(scale: Scale, about: int, whole: bool) -> tuple[float, ...]:
    """The finest round ticks that are no more than wanted, but two if any are so few."""
    slack = 1e-9 * (scale.high - scale.low)
    inside: tuple[float, ...] = ()
    for count in [*range(2 * max(about, 2), 1, -1), *range(3, 8)]:
        enclosing = round_ticks(scale.low, scale.high, count)
        inside = tuple(tick for tick in enclosing if scale.low - slack <= tick <= scale.high + slack)
        inside = (tuple(tick for tick in inside if abs(tick - round(tick)) < 1e-9) if whole else ()) or inside
        if 2 <= len(inside) <= max(about, 2):
            break
    return inside


def _log_ticks(scale: Scale, about: int) -> tuple[float, ...]:
    """The densest of 1-2-5, 1-3, every, every second … power of ten that has no more ticks than wanted."""
    first, last = floor(log10(scale.low)), ceil(log10(scale.high))
    for digits in _DIGITS:
        found = _inside(scale, [digit * 10.0**power for power in range(first, last + 1) for digit in digits])
        if len(found) <= max(about, 2):
            return found
    step = ceil(len(found) / max(about, 2))
    return _inside(scale, [10.0**power for power in range(first, last + 1) if power % step == 0])


def _inside(scale: Scale, values: list[float]) -> tuple[float, ...]:
    return tuple(value for value in values if scale.low * (1 - 1e-9) <= value <= scale.high * (1 + 1e-9))


def _even(values: tuple[float, ...]) -> list[str]:
    """Evenly spaced values as text, with as many digits as their spacing needs."""
    largest = max((abs(value) for value in values), default=0.0)
    step = values[1] - values[0] if len(values) > 1 else largest
    if len(values) > 1 and step >= 1e-3 and largest < 1e5:
        return labels(values)
    digits = ceil(log10(largest / step) - 1e-9) + 1 if step else 1
    return [brief(value, min(max(digits, 3), 12)) for value in values]


def brief(value: float, digits: int = 3, trim: bool = True) -> str:
    """A number in few characters: `0.0125`, `15k`, `2e-7`.

    Args:
        value: The number; an infinite one is written ∞.
        digits: How many significant digits there are at most.
        trim: Whether to leave out zeros at the end.
    """
    rounded = float(f"{value:.{digits - 1}e}")
    if not isfinite(rounded):
        return "∞" if rounded > 0 else "-∞"
    size = abs(rounded)
    if rounded == 0:
        return "0"
    if 1e-3 <= size < max(1e4, 10.0**digits):
        return _decimal(rounded, digits, trim)
    if 1e4 <= size < 1e15:
        unit, suffix = next(pair for pair in _SUFFIXES if size >= pair[0])
        return _decimal(rounded / unit, digits, trim) + suffix
    mantissa, _, exponent = f"{rounded:.{digits - 1}e}".partition("e")
    return f"{_trimmed(mantissa) if trim else mantissa}e{int(exponent)}"


def _decimal(value: float, digits: int, trim: bool) -> str:
    decimals = max(0, digits - 1 - floor(log10(abs(value)) + 1e-12))
    text = f"{value:.{decimals}f}"
    return _trimmed(text) if trim else text


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def written(axis: Axis, value: float, digits: int = 4, steady: bool = False) -> str:
    """A value on an axis as text; whole numbers are written out.

    Args:
        axis: Whether it is in percent.
        value: Where it is on the axis; of a percentage, as a share.
        digits: How many significant digits there are at most.
        steady: Whether there are always as many, so that what changes in place doesn't move what follows it.
    """
    if axis.percent:
        return brief(100 * value, digits, trim=not steady) + "%"
    if value == round(value) and abs(value) < 1e9:
        return str(round(value))
    return brief(value, digits, trim=not steady)


def are_whole(values: Sequence[Values]) -> bool:
    """Whether there are values, and all that are finite are whole numbers."""
    finite = [array[np.isfinite(array)] for array in values]
    return any(array.size for array in finite) and all(bool((array == np.rint(array)).all()) for array in finite)
