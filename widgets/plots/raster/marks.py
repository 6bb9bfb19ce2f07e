"""Marks as dots and blocks in a frame.

Everything is vectorised over values. A line is reduced to the run of dots that it covers in each column of dots,
so that lowest and highest values always remain, however many fall into one column.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from widgets.plots.figure import Bars, Line, Mark, Picture, Points, Rule, Values
from widgets.plots.raster.canvas import FULL, Canvas, Dots
from widgets.plots.raster.frame import Frame

MARKERS = "●■▲◆×+"
"""The glyphs of markers, by palette index."""
DASHES = ("1", "1111110000", "110000", "11111111000011000", "111111111111110000")
"""The dots and gaps of lines without markers, by palette index."""
_SWATCHES = "━╍┅┉╌"
FAINT = 17
"""The strength of lines that stand behind others."""

_BAND = 13
_BEHIND = 3
_BAR = 25
_ERROR = 22
_EIGHTHS = np.array([ord(letter) for letter in " ▁▂▃▄▅▆▇█"], dtype=np.int32)
_FAR = 1_000_000
_BLOB = ((0, 0), (0, 1), (1, 0), (1, 1))

Runs = npt.NDArray[np.int64]


class Spans(NamedTuple):
    """The first and the last dot down in each column of dots; first > last where there is none."""

    first: Runs
    last: Runs

    def filled(self, height: int, top: int = 0) -> Dots:
        """The dots of the spans [height, width], from `top` on."""
        down = np.arange(top, top + height, dtype=np.int32)[:, None]
        first, last = (np.clip(edge, -1, 1 << 20).astype(np.int32) for edge in self)
        dots: Dots = (down >= first) & (down <= last)
        return dots

    def rows(self, height: int) -> tuple[int, int]:
        """The first row of cells that has a dot, and how many rows there are up to the last one."""
        seen = self.first <= self.last
        if not seen.any():
            return 0, 0
        top = int(np.clip(self.first[seen].min() // 4, 0, height))
        return top, int(np.clip(self.last[seen].max() // 4 + 1, top, height)) - top


def marker(colour: int) -> str:
    """The marker that goes with a palette index."""
    return "·" if colour < 0 else MARKERS[colour % len(MARKERS)]


def draw_rule(canvas: Canvas, frame: Frame, rule: Rule) -> None:
    """Draw a dotted line across the frame."""
    dots = np.zeros((4 * frame.height, 2 * frame.width), dtype=np.bool_)
    value = np.array([rule.value], dtype=np.float64)
    place = (frame.down(value) if rule.across == "y" else frame.across(value))[0]
    if np.isfinite(place) and -0.5 <= place < dots.shape[rule.across == "x"] - 0.5:
        if rule.across == "y":
            dots[int(np.rint(place)), ::2] = True
        else:
            dots[::2, int(np.rint(place))] = True
    canvas.dots(dots, rule.colour)


def draw_band(canvas: Canvas, frame: Frame, line: Line) -> None:
    """Stipple the band between a line's edges."""
    if line.low is None or line.high is None or line.markers:
        return
    across, size = frame.across(line.x), 2 * frame.width
    low, high = (spans(across, frame.down(edge), size) for edge in (line.low, line.high))
    covered = (low.first <= low.last) & (high.first <= high.last)
    first = np.where(covered, np.minimum(low.first, high.first), _FAR)
    last = np.where(covered, np.maximum(low.last, high.last), -_FAR)
    dots = Spans(first, last).filled(4 * frame.height)
    down, right = np.ogrid[: dots.shape[0], : dots.shape[1]]
    canvas.dots(dots & ((down + right) % 2 == 0), line.colour, _BAND - 4 * line.faint)


def draw_line(canvas: Canvas, frame: Frame, line: Line) -> None:
    """Draw the line itself, and behind it a tint where it covers its own band."""
    covered = spans(frame.across(line.x), frame.down(line.y), 2 * frame.width)
    in_band = (canvas.colours == line.colour) & (canvas.strengths == _BAND)
    top, rows = covered.rows(frame.height)
    dots = covered.filled(4 * rows, 4 * top)
    if not (line.faint or line.markers):
        dots &= _dashes(line.colour, dots.shape[1])
    canvas.part(0, top, frame.width, rows).dots(dots, line.colour, FAINT if line.faint else FULL)
    canvas.grounds[in_band & (canvas.strengths != _BAND)] = _BEHIND


def _dashes(colour: int, width: int) -> Dots:
    """In which columns of dots a line of a palette index is drawn [width]: without markers, dashes tell lines apart."""
    pattern = DASHES[colour % len(DASHES)] if colour >= 0 else DASHES[0]
    dashes: Dots = np.resize(np.array([letter == "1" for letter in pattern]), width)
    return dashes


def draw_markers(canvas: Canvas, frame: Frame, line: Line) -> None:
    """Draw a marker on each value, over its error bar."""
    if not line.markers:
        return
    across, down = np.rint(frame.across(line.x)), np.rint(frame.down(line.y))
    _draw_errors(canvas, frame, line, across)
    inside = _inside(across, down, frame)
    rows, columns = down[inside].astype(np.int64) // 4, across[inside].astype(np.int64) // 2
    canvas.put_at(rows, columns, ord(marker(line.colour)), line.colour, FAINT if line.faint else FULL)


def _draw_errors(canvas: Canvas, frame: Frame, line: Line, across: Values) -> None:
    if line.low is None or line.high is None:
        return
    ends = np.stack([_rows(frame.down(line.low)), _rows(frame.down(line.high))])
    seen = np.isfinite(across) & (across >= 0) & (across < 2 * frame.width) & (ends > -_FAR).all(axis=0)
    columns = across[seen].astype(np.int64)
    if not columns.size:
        return
    cells = np.unique(columns // 2)  # few of all
    places = 2 * np.searchsorted(cells, columns // 2) + columns % 2
    covered = _nothing(2 * cells.size)
    np.minimum.at(covered.first, places, ends.min(axis=0)[seen])
    np.maximum.at(covered.last, places, ends.max(axis=0)[seen])
    part = canvas.of_columns(cells)
    part.dots(covered.filled(4 * frame.height), line.colour, _ERROR)
    canvas.take_columns(cells, part)


def draw_points(canvas: Canvas, frame: Frame, points: Points) -> None:
    """Draw a dot a point, or its marker; blobs of four dots where there are few."""
    dots = np.zeros((4 * frame.height, 2 * frame.width), dtype=np.bool_)
    across, down = np.rint(frame.across(points.x)), np.rint(frame.down(points.y))
    inside = _inside(across, down, frame)
    columns, rows = across[inside].astype(np.int64), down[inside].astype(np.int64)
    if points.marked:
        canvas.put_at(rows // 4, columns // 2, ord(marker(points.colour)), points.colour)
        return
    few = columns.size <= frame.width * frame.height // 8
    for right, below in _BLOB if few else _BLOB[:1]:
        dots[np.minimum(rows + below, dots.shape[0] - 1), np.minimum(columns + right, dots.shape[1] - 1)] = True
    canvas.dots(dots, points.colour)


def _inside(across: Values, down: Values, frame: Frame) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (across >= 0) & (across < 2 * frame.width) & (down >= 0) & (down < 4 * frame.height)
    return found


def draw_bars(canvas: Canvas, frame: Frame, bars: Bars) -> None:
    """Draw bars from the bottom, with an eighth of a row as the finest step."""
    if not bars.heights.size or bars.edges.size != bars.heights.size + 1:
        return
    heights = bar_heights(frame, bars)
    eighths = np.rint(np.nan_to_num(frame.y.places(heights), nan=0.0).clip(0, 1) * 8 * frame.height).astype(np.int64)
    eighths[(eighths == 0) & (heights > 0)] = 1
    from_bottom = np.arange(frame.height - 1, -1, -1, dtype=np.int64)[:, None]
    blocks = _EIGHTHS[np.clip(eighths - 8 * from_bottom, 0, 8)]
    canvas.put(blocks != _EIGHTHS[0], blocks, bars.colour, _BAR)


def bar_heights(frame: Frame, bars: Bars) -> Values:
    """The height in each of the frame's columns [width]: the highest bar's that is there, NaN for none.

    Wide bars leave their last column free, so that they stand apart.
    """
    edges = frame.x.places(bars.edges) * frame.width
    edges, heights = (edges[::-1], bars.heights[::-1]) if frame.x.reverse else (edges, bars.heights)
    middles = np.arange(frame.width) + 0.5
    index = np.searchsorted(edges, middles, side="right") - 1
    found = np.where((index >= 0) & (index < heights.size), heights[np.clip(index, 0, heights.size - 1)], np.nan)
    own = np.floor((edges[:-1] + edges[1:]) / 2)
    seen = np.isfinite(own) & (own >= 0) & (own < frame.width)
    np.fmax.at(found, own[seen].astype(np.int64), heights[seen])
    if frame.width >= 3 * heights.size:
        found[np.append(index[1:] != index[:-1], True)] = np.nan
    return found


def spans(across: Values, down: Values, width: int) -> Spans:
    """The dots that the line through the given places covers.

    Args:
        across: [n], ascending or descending, in dots.
        down: [n], in dots; NaN is a gap.
        width: Columns of dots.
    """
    placed = np.isfinite(across)
    across, down = across[placed], down[placed]
    if across.size > 1 and (across[1:] < across[:-1]).any():
        order = np.argsort(across, kind="stable")
        across, down = across[order], down[order]
    covered = _nothing(width)
    _cover_values(covered, across, down, width)
    if across.size > 1:
        _cover_links(covered, across, down, width)
    return covered


def _nothing(width: int) -> Spans:
    return Spans(np.full(width, _FAR, dtype=np.int64), np.full(width, -_FAR, dtype=np.int64))


def _rows(down: Values) -> Runs:
    """Whole dots down; far above for nowhere."""
    rows: Runs = np.rint(np.clip(np.where(np.isnan(down), -_FAR, down), -_FAR, _FAR)).astype(np.int64)
    return rows


def _cover_values(covered: Spans, across: Values, down: Values, width: int) -> None:
    """Cover the values themselves."""
    columns = np.rint(across)
    seen = (columns >= 0) & (columns < width) & np.isfinite(down)
    where, rows = columns[seen].astype(np.int64), _rows(down[seen])
    np.minimum.at(covered.first, where, rows)
    np.maximum.at(covered.last, where, rows)


def _cover_links(covered: Spans, across: Values, down: Values, width: int) -> None:
    """Cover the line in the middle of each column, and half of the way to its neighbours on either side."""
    middle = _at_middles(across, down, width)
    known = ~np.isnan(middle)
    own = covered.first <= covered.last
    rows = np.where(known, _rows(middle), np.where(own, covered.first, -_FAR))
    np.minimum(covered.first, rows, out=covered.first, where=known)
    np.maximum(covered.last, rows, out=covered.last, where=known)
    step = np.diff(rows)
    between = np.maximum(np.abs(step) - 1, 0) * ((known | own)[1:] & (known | own)[:-1] & (known[1:] | known[:-1]))
    here = rows[:-1] + np.sign(step) * (between // 2)
    there = rows[1:] - np.sign(step) * (between - between // 2)
    linked = between > 0
    for columns, reached in ((slice(None, -1), here), (slice(1, None), there)):
        first, last = covered.first[columns], covered.last[columns]
        np.minimum(first, reached, out=first, where=linked)
        np.maximum(last, reached, out=last, where=linked)


def _at_middles(across: Values, down: Values, width: int) -> Values:
    """Where the line is in the middle of each column; NaN outside and in gaps."""
    middles = np.arange(width, dtype=np.float64)
    left = np.clip(np.searchsorted(across, middles, side="right") - 1, 0, across.size - 2)
    with np.errstate(all="ignore"):
        share = (middles - across[left]) / (across[left + 1] - across[left])
        between = down[left] + share * (down[left + 1] - down[left])
    between = np.where(share <= 0, down[left], np.where(share >= 1, down[left + 1], between))
    return np.where((share >= 0) & (share <= 1), between, np.nan)


def swatch(mark: Mark) -> str:
    """What stands for a mark in the legend; nothing for what isn't named there."""
    match mark:
        case Line():
            return marker(mark.colour) if mark.markers else _SWATCHES[max(mark.colour, 0) % len(_SWATCHES)]
        case Points():
            return marker(mark.colour) if mark.marked else "⠶"
        case Bars():
            return "▆"
        case Rule():
            return "┄" if mark.across == "y" else "┆"
        case Picture():
            return ""
