"""How the room of a drawing is divided: title, frame, axes and their labels, as far as width and height go."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from widgets.plots.figure import Bars, Figure, Line, Picture, Points, Rule, Values
from widgets.plots.raster.canvas import one_cell_each
from widgets.plots.raster.frame import Frame
from widgets.plots.raster.scales import Tick, are_whole, fitted, ticks
from widgets.plots.raster.title import title_rows

_LEAST_WIDTH = 12
_MARGIN = 0.04


@dataclass(frozen=True)
class Layout:
    """The frame, and what is written around it."""

    frame: Frame
    y_ticks: tuple[Tick, ...]
    """Empty where there is no room for a left axis."""
    has_axis: bool
    """Whether there is a row for the x axis and one for its labels."""
    has_footer: bool
    """Whether there is a row for the axis's name and the note."""
    bar_names: tuple[tuple[Tick, int], ...] = ()
    """Where each mark is one bar and there is room: the bars' names, and the columns where they start."""


def laid_out(figure: Figure, width: int, height: int) -> Layout:
    """Divide the room: the title above; below, the axis, its labels, its name, as far as the height goes."""
    top = title_rows(figure, width, height) if height >= 4 else 0
    has_axis = height >= 7 and width >= _LEAST_WIDTH
    has_footer = height >= 11 and has_axis and bool(figure.x.label or figure.note)
    rows = max(height - top - 2 * has_axis - has_footer, 0)
    x = fitted(figure.x, shown_values(figure, "x"))
    y = fitted(figure.y, shown_values(figure, "y"), _MARGIN)
    named = ticks(y, max(2, min(rows // 3 + 1, 6)), figure.y.percent, are_whole(_of_marks(figure, "y"))) if rows else ()
    gutter = max((len(tick.label) for tick in named), default=0) + 2 if has_axis else 0
    if width - gutter < _LEAST_WIDTH or not has_axis:
        named, gutter = (), int(has_axis)
    columns = _whole_bars(figure, width - gutter)
    frame = Frame(gutter, top, columns, rows, x, y)
    return Layout(frame, named, has_axis, has_footer, _bar_names(figure, frame, width) if has_axis else ())


def _whole_bars(figure: Figure, width: int) -> int:
    """So many columns that all bars are equally wide, if that wastes few."""
    counts = {mark.heights.size for mark in figure.marks if isinstance(mark, Bars) and mark.heights.size}
    if len(counts) != 1 or not 3 * (count := counts.pop()) <= width:
        return width
    return width // count * count


def shown_values(figure: Figure, axis: str) -> Values:
    """All values that an axis has to show, those of rules too."""
    rules = [mark.value for mark in figure.marks if isinstance(mark, Rule) and mark.across == axis]
    return np.concatenate([*_of_marks(figure, axis), np.array(rules, dtype=np.float64)])


def _of_marks(figure: Figure, axis: str) -> list[Values]:
    found: list[Values] = []
    for mark in figure.marks:
        match mark:
            case Line() | Points():
                found += [mark.x] if axis == "x" else [mark.y, *_edges(mark)]
            case Bars():
                found += [mark.edges] if axis == "x" else [mark.heights, np.zeros(1)]
            case Picture() | Rule():
                pass
    return found


def _edges(mark: Line | Points) -> list[Values]:
    edges = (mark.low, mark.high) if isinstance(mark, Line) else ()
    return [edge for edge in edges if edge is not None]


def _bar_names(figure: Figure, frame: Frame, width: int) -> tuple[tuple[Tick, int], ...]:
    """The names of bars that are each a mark, as ticks below their middles; none if they don't all fit."""
    bars = [mark for mark in figure.marks if isinstance(mark, Bars)]
    if len(bars) < 2 or any(mark.heights.size != 1 or mark.edges.size != 2 or not mark.name for mark in bars):
        return ()
    named = tuple(Tick(float(_middles(mark)[0]), one_cell_each(mark.name)) for mark in bars)
    placed = _starts(frame, named, width)
    return tuple(placed) if len(placed) == len(named) and _are_apart(placed) else ()


def placed_ticks(figure: Figure, layout: Layout, width: int) -> list[tuple[Tick, int]]:
    """The ticks of x with the columns where their labels start: as many as fit side by side."""
    if layout.bar_names:
        return list(layout.bar_names)
    frame = layout.frame
    whole = are_whole([_middles(mark) if isinstance(mark, Bars) else mark.x for mark in _over_x(figure)])
    for about in range(max(frame.width // 8, 2), 1, -1):
        found = _starts(frame, ticks(frame.x, about, figure.x.percent, whole), width)
        if _are_apart(found):
            return found
    return found[:1]


def _over_x(figure: Figure) -> list[Line | Points | Bars]:
    return [mark for mark in figure.marks if isinstance(mark, Line | Points | Bars)]


def _middles(bars: Bars) -> Values:
    """Where bars stand, if each is one; the edges between many."""
    with np.errstate(invalid="ignore"):
        return bars.edges[:1] / 2 + bars.edges[-1:] / 2 if bars.heights.size == 1 else bars.edges


def _starts(frame: Frame, named: tuple[Tick, ...], width: int) -> list[tuple[Tick, int]]:
    """The ticks in the frame from left to right, their labels centred below them but inside the drawing."""
    placed = []
    for tick in named:
        column = frame.column(tick.value)
        if column is not None:
            start = column - (len(tick.label) - 1) // 2
            placed.append((tick, max(0, min(start, width - len(tick.label)))))
    return sorted(placed, key=lambda pair: pair[1])


def _are_apart(placed: list[tuple[Tick, int]]) -> bool:
    return all(start - (before + len(tick.label)) >= 2 for (tick, before), (_, start) in pairwise(placed))
