"""Marks as SVG, in few bytes: one path a mark, with places to a tenth of a pixel."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from widgets.plots.figure import Bars, Line, Mark, Picture, Points, Rule, Values
from widgets.plots.figures.decimation import extremes
from widgets.plots.raster.scales import Scale

BUCKETS = 300
"""Lines are decimated to the extremes of so many buckets."""
POINTS = 8000
"""The most points; of more, every second, third … is drawn."""
CELLS = 96
"""The most rows and columns of a picture; larger ones are reduced to means of blocks."""
SHAPES = (
    "",
    "m-3 -3h6v6h-6z",
    "m0 -3.8l3.7 6.4h-7.4z",
    "m0 -4.2l4.2 4.2l-4.2 4.2l-4.2 -4.2z",
    "m-3 -3l6 6m0 -6l-6 6",
    "m-3.8 0h7.6m-3.8 -3.8v7.6",
)
"""Markers by palette index, from their middle: a disc, a square, a triangle, a diamond, a cross, a plus."""
DASHES = ("", "8 3", "2 3", "8 3 2 3", "12 3")
"""By palette index: of two lines of one dash, the markers differ."""
_LEVELS = 16


@dataclass(frozen=True)
class Plot:
    """The places of values on the page, in pixels."""

    left: float
    top: float
    right: float
    bottom: float
    x: Scale
    y: Scale

    @classmethod
    def of_cells(cls, left: float, top: float, cell: float, rows: int, columns: int) -> Self:
        """A picture's: x counts columns, y rows from the top."""
        x, y = Scale(0.0, float(columns)), Scale(0.0, float(rows), reverse=True)
        return cls(left, top, left + cell * columns, top + cell * rows, x, y)

    def lefts(self, values: Values) -> Values:
        """[n], across."""
        return self.left + self.x.places(values) * (self.right - self.left)

    def tops(self, values: Values) -> Values:
        """[n], down."""
        return self.bottom - self.y.places(values) * (self.bottom - self.top)

    def left_of(self, value: float) -> float:
        """One value's place across."""
        return float(self.lefts(np.array([value]))[0])

    def top_of(self, value: float) -> float:
        """One value's place down."""
        return float(self.tops(np.array([value]))[0])


def drawn(mark: Mark, plot: Plot, ink: str) -> str:
    """A mark as SVG elements."""
    match mark:
        case Line():
            return _line(mark, plot, ink)
        case Points():
            return _points(mark, plot, ink)
        case Bars():
            return _bars(mark, plot, ink)
        case Rule():
            return _rule(mark, plot, ink)
        case Picture():
            return _picture(mark, plot, ink)


def _line(mark: Line, plot: Plot, ink: str) -> str:
    kept = extremes(mark.y, BUCKETS)
    across, down = plot.lefts(mark.x[kept]), plot.tops(mark.y[kept])
    parts = []
    if mark.low is not None and mark.high is not None:
        low, high = plot.tops(mark.low[kept]), plot.tops(mark.high[kept])
        parts.append(_error_bars(across, low, high, ink) if mark.markers else _band(across, low, high, ink))
    faint = ' opacity="0.45"' if mark.faint else ""
    dash = "" if mark.faint or not (gaps := DASHES[mark.colour % len(DASHES)]) else f' stroke-dasharray="{gaps}"'
    parts.append(f'<path d="{_path(across, down)}" fill="none" stroke="{ink}" stroke-width="1.6"{faint}{dash}/>')
    if mark.markers:
        parts.append(signs(across, down, ink, mark.colour))
    return "".join(parts)


def _path(across: Values, down: Values) -> str:
    parts, is_down = [], False
    for x, y in zip(across, down, strict=True):
        if not (np.isfinite(x) and np.isfinite(y)):
            is_down = False
            continue
        parts.append(f"{'L' if is_down else 'M'}{x:.1f} {y:.1f}")
        is_down = True
    return "".join(parts)


def _band(across: Values, low: Values, high: Values, ink: str) -> str:
    known = np.isfinite(low) & np.isfinite(high)
    around = np.concatenate([across[known], across[known][::-1]])
    edge = np.concatenate([high[known], low[known][::-1]])
    return f'<path d="{_path(around, edge)}Z" fill="{ink}" opacity="0.16"/>' if known.any() else ""


def _error_bars(across: Values, low: Values, high: Values, ink: str) -> str:
    known = np.isfinite(low) & np.isfinite(high) & (low > high)
    bars = [f"M{x:.1f} {a:.1f}V{b:.1f}" for x, a, b in zip(across[known], low[known], high[known], strict=True)]
    return f'<path d="{"".join(bars)}" stroke="{ink}"/>'


def _points(mark: Points, plot: Plot, ink: str) -> str:
    every = -(-max(mark.x.size, 1) // POINTS)
    across, down = plot.lefts(mark.x[::every]), plot.tops(mark.y[::every])
    return signs(across, down, ink, mark.colour) if mark.marked else _dots(across, down, ink, 3.6, 0.75)


def signs(across: Values, down: Values, ink: str, colour: int) -> str:
    """The marker of a palette index at each place: the same shapes as in the terminal and in notebooks."""
    shape = SHAPES[colour % len(SHAPES)] if colour >= 0 else ""
    if not shape:
        return _dots(across, down, ink, 6.0)
    known = np.isfinite(across) & np.isfinite(down)
    path = "".join(f"M{x:.1f} {y:.1f}{shape}" for x, y in zip(across[known], down[known], strict=True))
    look = f'fill="{ink}"' if shape.endswith("z") else f'fill="none" stroke="{ink}" stroke-width="1.6"'
    return f'<path d="{path}" {look}/>'


def _dots(across: Values, down: Values, ink: str, size: float, opacity: float = 1.0) -> str:
    """Round ends of lines of no length: the fewest bytes that a dot can have."""
    known = np.isfinite(across) & np.isfinite(down)
    dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in zip(across[known], down[known], strict=True))
    return f'<path d="{dots}" stroke="{ink}" stroke-width="{size}" stroke-linecap="round" opacity="{opacity}"/>'


def _bars(mark: Bars, plot: Plot, ink: str) -> str:
    edges, tops = plot.lefts(mark.edges), plot.tops(mark.heights)
    bars = "".join(
        f"M{min(a, b):.1f} {plot.bottom:.1f}V{top:.1f}H{max(a, b):.1f}V{plot.bottom:.1f}Z"
        for a, b, top in zip(edges[:-1], edges[1:], tops, strict=True)
        if np.isfinite(top)
    )
    return f'<path d="{bars}" fill="{ink}" opacity="0.8"/>'


def _rule(mark: Rule, plot: Plot, ink: str) -> str:
    at = plot.top_of(mark.value) if mark.across == "y" else plot.left_of(mark.value)
    if not np.isfinite(at):
        return ""
    path = (
        f"M{plot.left:.1f} {at:.1f}H{plot.right:.1f}" if mark.across == "y" else f"M{at:.1f} {plot.top}V{plot.bottom}"
    )
    return f'<path d="{path}" stroke="{ink}" stroke-dasharray="5 4"/>'


def _picture(mark: Picture, plot: Plot, ink: str) -> str:
    values = _reduced(mark.values)
    rows, columns = values.shape
    if not values.size:
        return ""
    levels = np.where(np.isfinite(values), np.rint(np.clip(values, 0, 1) * _LEVELS), -1).astype(int)
    wide, high = (plot.right - plot.left) / columns, (plot.bottom - plot.top) / rows
    paths = [
        f'<path d="{_runs(levels == level)}" fill="{ink}" opacity="{0.06 + 0.94 * level / _LEVELS:.2f}"/>'
        for level in range(_LEVELS + 1)
        if (levels == level).any()
    ]
    place = f"translate({plot.left:.1f} {plot.top:.1f}) scale({wide:.4f} {high:.4f})"
    return f'<g transform="{place}" shape-rendering="crispEdges">{"".join(paths)}</g>'


def _reduced(values: Values) -> Values:
    """Means of square blocks, so that there are at most `CELLS` rows and columns."""
    size = -(-max(values.shape) // CELLS) if values.size else 1
    if size == 1:
        return values
    padded = np.pad(values, [(0, -length % size) for length in values.shape], constant_values=np.nan)
    blocks = padded.reshape(padded.shape[0] // size, size, -1, size)
    known = np.isfinite(blocks)
    total, counts = np.where(known, blocks, 0.0).sum(axis=(1, 3)), known.sum(axis=(1, 3))
    means: Values = np.where(counts > 0, total / np.maximum(counts, 1), np.nan)
    return means


def _runs(cells: "np.ndarray") -> str:
    """Rectangles of neighbouring cells in a row that are true."""
    parts = []
    for row, line in enumerate(cells):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
        parts += [f"M{a} {row}h{b - a}v1h{a - b}z" for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return "".join(parts)
