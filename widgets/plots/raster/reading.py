"""The values of a drawing under a cursor or a pointer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from widgets.plots.figure import Bars, Figure, Line, Picture, Points, Rule, Values
from widgets.plots.raster.frame import Frame
from widgets.plots.raster.pictures import Tile


@dataclass(frozen=True)
class Reading:
    """One value of one mark."""

    mark: int
    """Index into the figure's marks."""
    name: str
    """The mark's name."""
    index: int
    """Which of the mark's values; of a picture, in its flattened values."""
    x: float
    """A bar's middle; a picture's column."""
    y: float
    """A bar's height; a picture's row."""
    value: float
    """The same as `y`, but of a picture the value there."""


def readings_at(figure: Figure, frame: Frame, x: float) -> tuple[Reading, ...]:
    """The value of each line and of each row of bars that is there, at the measured x nearest to a given one."""
    place = frame.x.place(x)
    found = []
    for number, mark in enumerate(figure.marks):
        index = None
        if isinstance(mark, Line):
            index = _nearest_on_line(frame, mark, place)
        elif isinstance(mark, Bars):
            index = _bar_at(frame, mark, place)
        if index is not None:
            found.append(_reading(figure, number, index))
    return tuple(reading for reading in found if np.isfinite(reading.value))


def measured_x(figure: Figure, frame: Frame, x: float) -> float:
    """The measured x that is nearest to a given one, or the given one where lines have ended or there is none."""
    place = frame.x.place(x)
    found = [x]
    for mark in figure.marks:
        if isinstance(mark, Line) and (index := _nearest_on_line(frame, mark, place)) is not None:
            found.append(float(mark.x[index]))
        elif isinstance(mark, Bars) and (index := _bar_at(frame, mark, place)) is not None:
            found.append(float(mark.edges[index] + mark.edges[index + 1]) / 2)
    return min(found[1:] or found, key=lambda one: abs(frame.x.place(one) - place))


def _nearest_on_line(frame: Frame, line: Line, place: float) -> int | None:
    """The value nearest to a place, which may be a gap, unless the line ends more than a column before it."""
    places = frame.x.places(line.x)
    away = np.abs(places - place)
    if not np.isfinite(away).any():
        return None
    nearest, column = int(np.nanargmin(away)), 1.0 / frame.width
    within = np.nanmin(places) - column <= place <= np.nanmax(places) + column
    return nearest if within else None


def _bar_at(frame: Frame, bars: Bars, place: float) -> int | None:
    edges = frame.x.places(bars.edges)
    inside = (np.minimum(edges[:-1], edges[1:]) <= place) & (place <= np.maximum(edges[:-1], edges[1:]))
    return int(inside.argmax()) if inside.any() and inside.size == bars.heights.size else None


def _reading(figure: Figure, number: int, index: int) -> Reading:
    mark = figure.marks[number]
    match mark:
        case Line() | Points():
            x, y = float(mark.x[index]), float(mark.y[index])
            return Reading(number, mark.name, index, x, y, y)
        case Bars():
            y = float(mark.heights[index])
            return Reading(number, mark.name, index, float(mark.edges[index] + mark.edges[index + 1]) / 2, y, y)
        case Picture():
            row, column = divmod(index, mark.values.shape[1])
            return Reading(number, mark.name, index, float(column), float(row), float(mark.values[row, column]))
        case Rule():
            raise AssertionError("a rule has no values")


def reading_near(figure: Figure, frame: Frame, tiles: Sequence[Tile], column: int, row: int) -> Reading | None:
    """The value drawn nearest to a cell; of pictures and bars, the one in it."""
    for tile in tiles:
        at = tile.value_at(column, row)
        if at is not None:
            return _reading(figure, tile.mark, at[0] * tile.columns + at[1])
    candidates = []
    for number, mark in enumerate(figure.marks):
        if isinstance(mark, Line | Points):
            candidates += _nearest_point(frame, mark, number, column, row)
        elif isinstance(mark, Bars) and (x := frame.x_at(column)) is not None:
            index = _bar_at(frame, mark, frame.x.place(x))
            candidates += [(0.0, number, index)] if index is not None else []
    return _reading(figure, *min(candidates)[1:]) if candidates else None


def _nearest_point(
    frame: Frame, mark: Line | Points, number: int, column: int, row: int
) -> list[tuple[float, int, int]]:
    """The squared distance in dots to the nearest value of a mark, the mark's number and the value's."""
    right = frame.across(mark.x) - (2 * (column - frame.left) + 0.5)
    down = frame.down(mark.y) - (4 * (row - frame.top) + 1.5)
    squared: Values = right**2 + down**2
    known: npt.NDArray[np.bool_] = np.isfinite(squared)
    return [(float(np.nanmin(squared)), number, int(np.nanargmin(squared)))] if known.any() else []
