"""How a person looks at a chart: zoomed in, moved, on other scales, smoothed. The figure behind it stays as it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from widgets.plots.figure import Axis, Bars, Figure, Line, Mark, Picture, Points, Values
from widgets.plots.raster.layout import shown_values
from widgets.plots.raster.scales import Scale

Deed = Literal[
    "zoom_in", "zoom_out", "pan_left", "pan_right", "pan_up", "pan_down", "log_x", "log_y", "smooth", "fit", "reset"
]
FACTOR = 0.7
"""How much of an axis remains after one step of zooming in."""
STEP = 0.2
"""How far one step moves, as a share of the axis."""
SMOOTHINGS = (0, 5, 15, 45)
"""The values that a smoothed line averages over, in turn."""
_SLACK = 0.04
_NARROWEST = 1e-9


@dataclass(frozen=True)
class Lens:
    """What differs from the figure as it is."""

    x: tuple[float, float] | None = None
    """The lowest and the highest value of x that are shown; None is the figure's own choice."""
    y: tuple[float, float] | None = None
    log_x: bool = False
    """Whether the scale of x is the other one than the figure's: logarithmic instead of linear, or the other way."""
    log_y: bool = False
    smoothing: int = 0
    """Over how many neighbouring values lines are averaged; 0 is none."""

    @property
    def is_plain(self) -> bool:
        """Whether the figure is seen as it is."""
        return self == Lens()

    def told(self) -> str:
        """As a few words: `zoomed, smoothed over 15`; empty if the figure is seen as it is."""
        words = ["zoomed"] if self.x or self.y else []
        words += [f"other scale of {axis}" for axis, is_other in (("x", self.log_x), ("y", self.log_y)) if is_other]
        words += [f"smoothed over {self.smoothing}"] if self.smoothing else []
        return ", ".join(words)


def through(figure: Figure, lens: Lens) -> Figure:
    """The figure as it is seen; pictures have no axes and stay."""
    if lens.is_plain or any(isinstance(mark, Picture) for mark in figure.marks):
        return figure
    x = _seen(figure, "x", lens.x, lens.log_x)
    y = _seen(figure, "y", lens.y, lens.log_y)
    marks = figure.marks if not lens.smoothing else _smoothed_marks(figure.marks, lens.smoothing)
    return replace(figure, x=x, y=y, marks=marks)


def closed_up(figure: Figure) -> Figure:
    """The figure with the axis of y from the lowest value to the highest, so that lines that lie close part."""
    return through(figure, Lens(y=_close(figure, (-np.inf, np.inf))))


def done(lens: Lens, deed: Deed, figure: Figure, scales: tuple[Scale, Scale], around: tuple[float, float]) -> Lens:
    """The lens after a person has done something.

    Args:
        lens: As it was.
        deed: What is done.
        figure: The figure as it is, without the lens.
        scales: Those of x and y as they are drawn now.
        around: The place in the frame to zoom about: shares from the left and from the bottom, in [0, 1].
    """
    x, y = scales
    moves: dict[str, Callable[[], Lens]] = {
        "zoom_in": lambda: _zoomed(lens, figure, scales, around, FACTOR),
        "zoom_out": lambda: _zoomed(lens, figure, scales, around, 1 / FACTOR),
        "pan_left": lambda: replace(lens, x=_part(x, figure.x, -STEP, 1 - STEP, keep=True)),
        "pan_right": lambda: replace(lens, x=_part(x, figure.x, STEP, 1 + STEP, keep=True)),
        "pan_down": lambda: replace(lens, y=_part(y, figure.y, -STEP, 1 - STEP, keep=True)),
        "pan_up": lambda: replace(lens, y=_part(y, figure.y, STEP, 1 + STEP, keep=True)),
        "log_x": lambda: replace(lens, log_x=not lens.log_x, x=None),
        "log_y": lambda: replace(lens, log_y=not lens.log_y, y=None),
        "smooth": lambda: replace(lens, smoothing=_next_smoothing(lens.smoothing)),
        "fit": lambda: replace(lens, y=_close(figure, (x.low, x.high))),
        "reset": Lens,
    }
    return moves[deed]()


def moved(lens: Lens, figure: Figure, scales: tuple[Scale, Scale], by: tuple[float, float]) -> Lens:
    """The lens after the frame was dragged by shares of its width and height."""
    (x, y), (across, up) = scales, by
    return replace(
        lens,
        x=_part(x, figure.x, -across, 1 - across, keep=True),
        y=_part(y, figure.y, -up, 1 - up, keep=True),
    )


def _zoomed(
    lens: Lens, figure: Figure, scales: tuple[Scale, Scale], around: tuple[float, float], factor: float
) -> Lens:
    (x, y), (left, up) = scales, around
    return replace(
        lens,
        x=_part(x, figure.x, left - left * factor, left + (1 - left) * factor),
        y=_part(y, figure.y, up - up * factor, up + (1 - up) * factor),
    )


def _part(scale: Scale, axis: Axis, first: float, last: float, keep: bool = False) -> tuple[float, float]:
    """The values between two places of a scale; never beyond what the axis's quantity can be.

    Args:
        scale: The scale as it is drawn.
        axis: What the scale is of, in the figure as it is.
        first: The place that will be at the left or at the bottom.
        last: The place at the other end.
        keep: Whether the range keeps its size at an end of what can be.
    """
    low, high = sorted((scale.value(first), scale.value(last)))
    lowest, highest = (0.0, 1.0) if axis.percent else (-np.inf, np.inf)
    if keep and (low < lowest or high > highest):
        return scale.low, scale.high
    low, high = (low if scale.log else max(low, lowest)), min(high, highest)
    if not (np.isfinite(low) and np.isfinite(high)) or high - low <= _NARROWEST * max(abs(low), abs(high)):
        return scale.low, scale.high
    return low, high


def _seen(figure: Figure, name: Literal["x", "y"], limits: tuple[float, float] | None, is_other: bool) -> Axis:
    axis: Axis = getattr(figure, name)
    scale: Literal["linear", "log"] = axis.scale
    values = shown_values(figure, name)
    if is_other:
        scale = "linear" if axis.scale == "log" else "log"
    if scale == "log" and not (values[np.isfinite(values)] > 0).any():
        scale = "linear"  # nothing could be shown
    own = axis.limits
    if is_other and scale == "log" and own is not None and own[0] <= 0:
        own = None
    return replace(axis, scale=scale, limits=limits or own)


def _next_smoothing(now: int) -> int:
    return SMOOTHINGS[(SMOOTHINGS.index(now) + 1) % len(SMOOTHINGS)] if now in SMOOTHINGS else 0


def _close(figure: Figure, window: tuple[float, float]) -> tuple[float, float] | None:
    """The range of y of what is in a range of x, so that lines that lie close part; None if nothing is."""
    found = [values[np.isfinite(values)] for mark in figure.marks if (values := _values_in(mark, window)).size]
    known = np.concatenate([*found, np.empty(0)])
    if not known.size:
        return None
    low, high = float(known.min()), float(known.max())
    slack = _SLACK * (high - low) or 0.01 * max(abs(high), 1e-9)
    return low - slack, high + slack


def _values_in(mark: Mark, window: tuple[float, float]) -> Values:
    if isinstance(mark, Line | Points):
        inside = (mark.x >= window[0]) & (mark.x <= window[1])
        return mark.y[inside]
    return mark.heights if isinstance(mark, Bars) else np.empty(0)


def _smoothed_marks(marks: tuple[Mark, ...], size: int) -> tuple[Mark, ...]:
    """Lines averaged, over themselves in faint; measured points, which have markers, stay as they are."""
    found: list[Mark] = []
    for mark in marks:
        if isinstance(mark, Line) and not mark.markers and not mark.faint:
            found += [replace(mark, name="", low=None, high=None, faint=True), replace(mark, y=_smoothed(mark.y, size))]
        else:
            found.append(mark)
    return tuple(found)


def _smoothed(y: Values, size: int) -> Values:
    """The mean of each value and its neighbours, `size` of them in all; fewer at the ends, gaps stay gaps."""
    known = np.isfinite(y)
    window = np.ones(min(size, max(y.size, 1)))
    total = np.convolve(np.where(known, y, 0.0), window, "same")
    count = np.convolve(known.astype(float), window, "same")
    return np.where(known, total / np.maximum(count, 1.0), np.nan)


def without(figure: Figure, hidden: frozenset[str]) -> Figure:
    """The figure without marks of some names, which the legend still lists in the background."""
    if not hidden:
        return figure
    return replace(figure, marks=tuple(_emptied(mark) if mark.name in hidden else mark for mark in figure.marks))


def _emptied(mark: Mark) -> Mark:
    nothing = np.empty(0)
    match mark:
        case Line():
            return replace(mark, x=nothing, y=nothing, low=None, high=None, colour=-1)
        case Points():
            return replace(mark, x=nothing, y=nothing, colour=-1, entries=None)
        case _:
            return mark
