"""Pictures as half-blocks: a cell shows two pixels, one above the other, which are about square.

A picture is enlarged by a whole factor, or reduced to means of square blocks; its shape is kept. A drawing takes the
room that it has: its pixels show the brightest of what falls into them, so that thin lines stay.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from widgets.plots.figure import MUTED, Figure, Picture, Points, Values
from widgets.plots.raster.canvas import BLANK, FULL, Canvas, shortened
from widgets.plots.raster.marks import marker

_WEAKEST = 3
_UPPER, _LOWER = ord("▀"), ord("▄")
_POINT = ord("●")
_GAP = 2


@dataclass(frozen=True)
class Tile:
    """Where one of a figure's pictures is drawn."""

    mark: int
    """Index into the figure's marks."""
    left: int
    """Column of the drawing."""
    top: int
    """Row of the drawing."""
    rows: int
    """How many rows of values it has."""
    columns: int
    enlarged: int
    """Pixels a value."""
    reduced: int
    """Values a pixel; this or `enlarged` is 1."""
    is_drawing: bool = False
    """Whether rows and columns are pixels, which its values are drawn anew for."""

    @property
    def width(self) -> int:
        """Columns of cells."""
        return ceil(self.columns / self.reduced) * self.enlarged

    @property
    def height(self) -> int:
        """Rows of cells."""
        return ceil(ceil(self.rows / self.reduced) * self.enlarged / 2)

    def value_at(self, column: int, row: int) -> tuple[int, int] | None:
        """The row and column of the value that one of the drawing's cells shows, the upper one of two."""
        if self.is_drawing or not (0 <= column - self.left < self.width and 0 <= row - self.top < self.height):
            return None
        down, right = 2 * (row - self.top), column - self.left
        found = down * self.reduced // self.enlarged, right * self.reduced // self.enlarged
        return min(found[0], self.rows - 1), min(found[1], self.columns - 1)


def tiled(figure: Figure, left: int, top: int, width: int, height: int) -> tuple[Tile, ...]:
    """Lay the figure's pictures out side by side, in as many rows as makes them largest, centred."""
    indices = [i for i, mark in enumerate(figure.marks) if isinstance(mark, Picture) and mark.values.size]
    if not indices or width < 1 or height < 1:
        return ()
    across = max(range(1, len(indices) + 1), key=lambda n: _size(figure, indices, n, width, height))
    down = ceil(len(indices) / across)
    slot_width, slot_height = width // across, height // down
    if slot_width < 1 or slot_height < 1:
        return ()
    return tuple(
        _in_slot(
            figure, index, left + i % across * slot_width, top + i // across * slot_height, slot_width, slot_height
        )
        for i, index in enumerate(indices)
    )


def _size(figure: Figure, indices: list[int], across: int, width: int, height: int) -> float:
    """How large the pictures get when so many are side by side; ties go to full, long rows."""
    down = ceil(len(indices) / across)
    factors = [
        _factors(_values(figure, index).shape, width // across, height // down, len(indices) > 1) for index in indices
    ]
    left_over = across * down - len(indices)
    return min(enlarged / reduced for enlarged, reduced in factors) + 1e-6 * across - 1e-3 * left_over


def _values(figure: Figure, index: int) -> Values:
    return _picture(figure, index).values


def _picture(figure: Figure, index: int) -> Picture:
    mark = figure.marks[index]
    assert isinstance(mark, Picture)
    return mark


def _factors(shape: tuple[int, ...], width: int, height: int, several: bool) -> tuple[int, int]:
    """By how much to enlarge, and to reduce, a picture of a shape in a slot."""
    room = max(width - _GAP * several, 1), max(2 * (height - several), 1)
    enlarged = min(room[0] // shape[1], room[1] // shape[0])
    if enlarged >= 1:
        return enlarged, 1
    return 1, max(ceil(shape[1] / room[0]), ceil(shape[0] / room[1]))


def _in_slot(figure: Figure, index: int, left: int, top: int, width: int, height: int) -> Tile:
    """The tile in the middle of its slot; among several, with a row below it for its name."""
    several = sum(isinstance(mark, Picture) for mark in figure.marks) > 1
    rows, columns = _values(figure, index).shape
    is_drawing = _picture(figure, index).is_drawing
    if is_drawing:
        rows, columns = _fitted(rows, columns, width, 2 * (height - several))
    tile = Tile(index, 0, 0, rows, columns, *_factors((rows, columns), width, height, several), is_drawing)
    right, down = max(width - tile.width, 0) // 2, max(height - several - tile.height, 0) // 2
    return Tile(index, left + right, top + down, rows, columns, tile.enlarged, tile.reduced, is_drawing)


def _fitted(rows: int, columns: int, width: int, height: int) -> tuple[int, int]:
    """The rows and columns of the largest picture of the same shape in a room of pixels."""
    scale = min(width / columns, height / rows)
    return max(round(rows * scale), 1), max(round(columns * scale), 1)


def draw_pictures(canvas: Canvas, figure: Figure, tiles: tuple[Tile, ...]) -> None:
    """Draw all pictures, with their names where there are several."""
    for tile in tiles:
        picture = _picture(figure, tile.mark)
        part = canvas.part(tile.left, tile.top, tile.width, tile.height)
        _draw(part, _pixels(picture.values, tile), picture.colour)
        if len(tiles) > 1:
            name = shortened(picture.name, max(tile.width, canvas.width // len(tiles) - 1))
            canvas.write(tile.top + tile.height, tile.left + (tile.width - len(name)) // 2, name, MUTED)


def draw_points_over(canvas: Canvas, figure: Figure, tiles: tuple[Tile, ...]) -> None:
    """Draw points over the first picture, whose cells their values count."""
    for tile in tiles[:1]:
        part = canvas.part(tile.left, tile.top, tile.width, tile.height)
        for mark in figure.marks:
            if isinstance(mark, Points):
                scale = tile.enlarged / tile.reduced
                known = np.isfinite(mark.x) & np.isfinite(mark.y)
                with np.errstate(over="ignore"):  # what is far outside is drawn at the edge
                    rows = np.clip(mark.y[known] * (scale / 2), 0, part.height - 1).astype(int)
                    columns = np.clip(mark.x[known] * scale, 0, part.width - 1).astype(int)
                where = np.zeros((part.height, part.width), bool)
                where[rows, columns] = True
                part.put(where, ord(marker(mark.colour)) if mark.marked else _POINT, mark.colour)


def _pixels(values: Values, tile: Tile) -> Values:
    """The picture in pixels [2 height, width] of the tile, NaN for nothing."""
    with np.errstate(invalid="ignore"):
        clipped = np.where(np.isfinite(values), np.clip(values, 0.0, 1.0), np.nan)
    if tile.is_drawing:
        clipped = _brightest(_brightest(clipped, tile.rows).T, tile.columns).T
    if tile.reduced > 1:
        clipped = _block_means(clipped, tile.reduced)
    pixels = clipped.repeat(tile.enlarged, axis=0).repeat(tile.enlarged, axis=1)
    return np.pad(pixels, ((0, 2 * tile.height - pixels.shape[0]), (0, 0)), constant_values=np.nan)


def _brightest(values: Values, count: int) -> Values:
    """Another number of rows, each the greatest of the rows that fall into it."""
    edges = np.linspace(0, len(values), count + 1)
    first, last = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int)
    return np.stack([values[a : max(b, a + 1)].max(axis=0) for a, b in zip(first, last, strict=True)])


def _block_means(values: Values, size: int) -> Values:
    """The means of square blocks; NaN doesn't count."""
    padding = [(0, -length % size) for length in values.shape]
    padded = np.pad(values, padding, constant_values=np.nan)
    blocks = padded.reshape(padded.shape[0] // size, size, padded.shape[1] // size, size)
    known = np.isfinite(blocks)
    counts = known.sum(axis=(1, 3))
    sums = np.where(known, blocks, 0.0).sum(axis=(1, 3))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _draw(part: Canvas, pixels: Values, colour: int) -> None:
    strengths = np.nan_to_num(np.rint(_WEAKEST + pixels * (FULL - _WEAKEST)), nan=0.0).astype(np.int8)
    upper, lower = strengths[0::2][: part.height, : part.width], strengths[1::2][: part.height, : part.width]
    part.glyphs[...] = np.where(upper > 0, _UPPER, np.where(lower > 0, _LOWER, BLANK))
    part.colours[...] = colour
    part.strengths[...] = np.where(upper > 0, upper, np.where(lower > 0, lower, FULL))
    part.grounds[...] = np.where(upper > 0, lower, 0)
