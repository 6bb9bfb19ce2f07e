"""Alternative texts: figures in words, for people who can't see them."""

import numpy as np

from widgets.plots.figure import Axis, Bars, Figure, Line, Mark, Picture, Points, Rule
from widgets.plots.raster.scales import written

MOST = 6
"""The most marks that are described one by one."""


def described(figure: Figure) -> str:
    """A figure in sentences: its axes, and each mark with its range or its last value."""
    if figure.is_empty:
        return f"{figure.title}. {figure.note}"
    axes = f"{figure.y.label} against {figure.x.label}." if figure.x.label and figure.y.label else ""
    told = [sentence for mark in figure.marks[:MOST] if (sentence := _told(mark, figure))]
    more = len(figure.marks) - MOST
    return " ".join(filter(None, [f"{figure.title}.", axes, *told, f"{more} more." if more > 0 else "", figure.note]))


def _told(mark: Mark, figure: Figure) -> str:
    match mark:
        case Line():
            known = np.flatnonzero(np.isfinite(mark.y))
            if not known.size:
                return ""
            last = known[0] if figure.x.reverse else known[-1]
            y, x = written(figure.y, float(mark.y[last])), written(figure.x, float(mark.x[last]))
            return f"{mark.name or 'a line'}: {known.size} values, the last {y} at {x}."
        case Points():
            return f"{mark.name}: {mark.x.size} points{_ranges(mark, figure)}."
        case Bars():
            return f"{mark.name}: {mark.heights.size} bars, the highest {written(figure.y, mark.heights.max())}."
        case Picture():
            return f"{mark.name}: {mark.values.shape[0]} by {mark.values.shape[1]} cells."
        case Rule():
            axis = figure.y if mark.across == "y" else figure.x
            return f"{mark.name} at {written(axis, mark.value)}."


def _ranges(points: Points, figure: Figure) -> str:
    if not points.x.size:
        return ""
    return f", {_range(figure.x, points.x)}, {_range(figure.y, points.y)}"


def _range(axis: Axis, values: "np.ndarray") -> str:
    return f"{axis.label} {written(axis, values.min())} to {written(axis, values.max())}"
