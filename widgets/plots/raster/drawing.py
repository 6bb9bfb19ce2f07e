"""Figures as characters: lines and scatters in braille, pictures in half-blocks, bars in eighth-blocks.

`draw` is a pure function from a figure and a size to cells; colours are palette indices with a strength, so that
one drawing serves every theme, and `Drawing.text` is the same drawing without any.
"""

from dataclasses import dataclass
from functools import cached_property
from textwrap import wrap

import numpy as np
import numpy.typing as npt

from widgets.plots.figure import MUTED, Bars, Figure, Line, Picture, Points, Rule
from widgets.plots.raster.axes import draw_axes
from widgets.plots.raster.canvas import FULL, TEXT, TITLE, Canvas, Cells, Small, one_cell_each
from widgets.plots.raster.frame import Frame
from widgets.plots.raster.layout import Layout, laid_out
from widgets.plots.raster.marks import draw_band, draw_bars, draw_line, draw_markers, draw_points, draw_rule
from widgets.plots.raster.pictures import Tile, draw_pictures, draw_points_over, tiled
from widgets.plots.raster.reading import Reading, measured_x, reading_near, readings_at
from widgets.plots.raster.scales import written
from widgets.plots.raster.title import Named, draw_title

__all__ = ["FULL", "MUTED", "TEXT", "TITLE", "Drawing", "Reading", "draw"]

_CURSOR = ord("│")
_HALF = ord("▀")
_HALVES = np.array([ord(letter) for letter in " ▄▀█"], dtype=np.int32)
_SHADES = np.array([ord(letter) for letter in " ░▒▓█"], dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure drawn in cells, and the way back from cells to its values."""

    figure: Figure
    frame: Frame
    tiles: tuple[Tile, ...]
    """Where pictures are."""
    glyphs: Cells
    """Code points [height, width]; each is one column wide."""
    colours: Small
    """Palette indices [height, width]: from 0 those of marks, MUTED (-1), TEXT (-2), or TITLE (-3, bold)."""
    strengths: Small
    """How much of the glyph's colour is mixed into the background [height, width], up to FULL (31)."""
    grounds: Small
    """How much of the same colour is mixed into the background behind the glyph [height, width], mostly 0."""
    legend: tuple[Named, ...] = ()
    """Where marks are named."""

    @cached_property
    def plain_glyphs(self) -> Cells:
        """The glyphs for who can't mix colours [height, width]: half-blocks where two pixels differ, else shades."""
        upper, lower = self.strengths.astype(np.int32), self.grounds.astype(np.int32)
        halves = _HALVES[2 * (upper > FULL // 2) + (lower > FULL // 2)]
        shades = _SHADES[np.rint((upper + lower) * (len(_SHADES) - 1) / (2 * FULL)).astype(np.int32)]
        mixed = np.where(np.abs(upper - lower) > FULL // 2, halves, shades)
        return np.where((lower > 0) & (self.glyphs == _HALF), mixed, self.glyphs)

    def text(self) -> str:
        """The drawing without colours, without blanks at the ends of lines."""
        lines = ["".join(map(chr, row)).rstrip() for row in self.plain_glyphs.tolist()]
        return "\n".join(lines)

    def x_at(self, column: int) -> float | None:
        """The measured value of x nearest to a column, or the value of x there if nothing is measured.

        None outside the frame and without an x axis.
        """
        if self.tiles or self.figure.is_empty or not self.frame.height:
            return None
        x = self.frame.x_at(column)
        return None if x is None else measured_x(self.figure, self.frame, x)

    def named_at(self, column: int, row: int) -> str | None:
        """The name in the legend at a cell; None if there is none."""
        return next((one.name for one in self.legend if one.row == row and one.start <= column < one.end), None)

    def column(self, x: float) -> int | None:
        """The column that shows a value of x."""
        return self.frame.column(x)

    def nearest(self, column: int, row: int) -> Reading | None:
        """The value drawn nearest to a cell, or None if there is none."""
        if self.figure.is_empty or not self.frame.height:
            return None
        return reading_near(self.figure, self.frame, self.tiles, column, row)

    def readings(self, x: float) -> tuple[Reading, ...]:
        """The value of each line and of the bars at x."""
        return readings_at(self.figure, self.frame, x)

    def read_out(self, x: float) -> str:
        """All values at x as text: `generation 120 · es 0.83 · random 0.79`."""
        axis = self.figure.y
        head = f"{self.figure.x.label} {written(self.figure.x, x)}".strip()
        return " · ".join(
            [head, *(f"{r.name} {written(axis, r.value, 3, steady=True)}".strip() for r in self.readings(x))]
        )


def draw(figure: Figure, width: int, height: int, cursor: float | None = None) -> Drawing:
    """Draw a figure.

    Args:
        figure: What to draw.
        width: Columns, any number from 0.
        height: Rows, any number from 0. Title, axes and names are left out where it is low.
        cursor: A value of x to mark and to read all lines at.
    """
    canvas = Canvas(max(width, 0), max(height, 0))
    pictures = any(isinstance(mark, Picture) for mark in figure.marks)
    layout = laid_out(figure, canvas.width, canvas.height)
    tiles: tuple[Tile, ...] = ()
    if figure.is_empty:
        _draw_note(canvas, figure, layout.frame.top)
    elif pictures:
        tiles = _draw_pictures(canvas, figure, layout.frame.top)
    elif canvas.width and canvas.height:
        _draw_marks(canvas, figure, layout, cursor)
    legend: tuple[Named, ...] = ()
    if layout.frame.top:
        read = None if cursor is None or pictures or figure.is_empty else readings_at(figure, layout.frame, cursor)
        legend = draw_title(canvas, figure, read, bool(layout.bar_names), layout.frame.top)
    cells = (canvas.glyphs, canvas.colours, canvas.strengths, canvas.grounds)
    return Drawing(figure, layout.frame, tiles, *cells, legend)


def _draw_marks(canvas: Canvas, figure: Figure, layout: Layout, cursor: float | None) -> None:
    """Draw what is in the frame from the back to the front, then the cursor where it is still free, and the axes."""
    frame = layout.frame
    inside = canvas.part(frame.left, frame.top, frame.width, frame.height)
    lines = [mark for mark in figure.marks if isinstance(mark, Line)]
    for mark in figure.marks:
        if isinstance(mark, Rule):
            draw_rule(inside, frame, mark)
        elif isinstance(mark, Bars):
            draw_bars(inside, frame, mark)
    _draw_cursor(inside, frame, cursor)
    for line in lines:
        draw_band(inside, frame, line)
    for line in sorted(lines, key=lambda line: not line.faint):
        draw_line(inside, frame, line)
    points = [mark for mark in figure.marks if isinstance(mark, Points)]
    for mark in sorted(points, key=lambda mark: mark.marked):
        draw_points(inside, frame, mark)
    for line in lines:
        draw_markers(inside, frame, line)
    draw_axes(canvas, figure, layout, cursor)


def _draw_cursor(inside: Canvas, frame: Frame, cursor: float | None) -> None:
    column = None if cursor is None else frame.column(cursor)
    if column is not None:
        where: npt.NDArray[np.bool_] = np.zeros_like(inside.is_free())
        where[:, column - frame.left] = inside.is_free()[:, column - frame.left]
        inside.put(where, _CURSOR, TEXT)


def _draw_pictures(canvas: Canvas, figure: Figure, top: int) -> tuple[Tile, ...]:
    """Draw pictures below the title, and the note below them."""
    footer = bool(figure.note) and canvas.height >= 8
    room = canvas.height - top - footer
    tiles = tiled(figure, 0, top, canvas.width, room)
    draw_pictures(canvas, figure, tiles)
    draw_points_over(canvas, figure, tiles)
    if footer:
        canvas.write(canvas.height - 1, 0, one_cell_each(figure.note), MUTED)
    return tiles


def _draw_note(canvas: Canvas, figure: Figure, top: int) -> None:
    """Write the note in the middle of what is left below the title."""
    lines = wrap(one_cell_each(figure.note), max(min(canvas.width - 4, 60), 1))[: canvas.height - top]
    first = top + (canvas.height - top - len(lines)) // 2
    for row, line in enumerate(lines):
        canvas.write(first + row, (canvas.width - len(line)) // 2, line, MUTED)
