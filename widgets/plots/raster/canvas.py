"""A grid of cells to draw on: text, braille dots, blocks.

The only mutable thing of a drawing, and it never leaves the function that makes it.
"""

import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.int32]
Small = npt.NDArray[np.int8]
Dots = npt.NDArray[np.bool_]

TEXT = -2
"""The palette index of ordinary text."""
TITLE = -3
"""The palette index of a title, to be written in bold."""
FULL = 31
"""The strength of a colour that isn't mixed with the background."""

BLANK = ord(" ")
_BRAILLE = 0x2800


class Canvas:
    """Cells with a glyph, its colour and strength, and the strength of the same colour behind it."""

    def __init__(self, width: int, height: int) -> None:
        self.glyphs: Cells = np.full((height, width), BLANK, dtype=np.int32)
        self.colours: Small = np.full((height, width), TEXT, dtype=np.int8)
        self.strengths: Small = np.full((height, width), FULL, dtype=np.int8)
        self.grounds: Small = np.zeros((height, width), dtype=np.int8)

    @property
    def width(self) -> int:
        """How many columns of characters it has."""
        return int(self.glyphs.shape[1])

    @property
    def height(self) -> int:
        """How many rows of characters it has."""
        return int(self.glyphs.shape[0])

    def part(self, left: int, top: int, width: int, height: int) -> "Canvas":
        """A canvas that is a part of this one: drawing there draws here."""
        part = Canvas(0, 0)
        rows, columns = slice(top, top + height), slice(left, left + width)
        part.glyphs, part.colours = self.glyphs[rows, columns], self.colours[rows, columns]
        part.strengths, part.grounds = self.strengths[rows, columns], self.grounds[rows, columns]
        return part

    def of_columns(self, columns: npt.NDArray[np.int64]) -> "Canvas":
        """A copy of some columns."""
        part = Canvas(0, 0)
        part.glyphs, part.colours = self.glyphs[:, columns], self.colours[:, columns]
        part.strengths, part.grounds = self.strengths[:, columns], self.grounds[:, columns]
        return part

    def take_columns(self, columns: npt.NDArray[np.int64], part: "Canvas") -> None:
        """Put such a copy back."""
        self.glyphs[:, columns], self.colours[:, columns] = part.glyphs, part.colours
        self.strengths[:, columns], self.grounds[:, columns] = part.strengths, part.grounds

    def write(self, row: int, column: int, text: str, colour: int = TEXT, strength: int = FULL) -> None:
        """Write in one row; text outside is cut off, and a character that isn't one cell wide becomes a dot."""
        if not 0 <= row < self.height:
            return
        text = one_cell_each(text)[max(0, -column) :][: max(0, self.width - max(column, 0))]
        columns = slice(max(column, 0), max(column, 0) + len(text))
        self.glyphs[row, columns] = [ord(letter) for letter in text]
        self.colours[row, columns], self.strengths[row, columns] = colour, strength

    def put(self, where: Dots, glyphs: Cells | int, colour: int, strength: int = FULL) -> None:
        """Put glyphs into the cells where `where` [height, width] is true."""
        np.copyto(self.glyphs, glyphs, where=where)
        np.copyto(self.colours, np.int8(colour), where=where)
        np.copyto(self.strengths, np.int8(strength), where=where)
        np.copyto(self.grounds, np.int8(0), where=where)

    def put_at(
        self,
        rows: npt.NDArray[np.int64],
        columns: npt.NDArray[np.int64],
        glyphs: Cells | int,
        colour: int,
        strength: int = FULL,
    ) -> None:
        """Put one glyph, or one each, into some cells, by their rows and columns."""
        self.glyphs[rows, columns], self.colours[rows, columns] = glyphs, colour
        self.strengths[rows, columns], self.grounds[rows, columns] = strength, 0

    def dots(self, dots: Dots, colour: int, strength: int = FULL) -> None:
        """Draw braille dots [4 height, 2 width].

        They join dots of the same strength in a cell, and replace weaker ones and other glyphs.
        """
        codes = _codes(dots)
        rows, columns = np.nonzero(codes != _BRAILLE)  # few of all
        drawn, before = codes[rows, columns], self.glyphs[rows, columns]
        joined = (before & ~0xFF == _BRAILLE) & (self.strengths[rows, columns] == strength)
        self.put_at(rows, columns, np.where(joined, drawn | before, drawn), colour, strength)

    def is_free(self) -> Dots:
        """Where there is nothing but blanks [height, width]."""
        free: Dots = self.glyphs == BLANK
        return free


def _codes(dots: Dots) -> Cells:
    """The code points of braille cells: bits 0 to 2 and 6 are the left column downwards, 3 to 5 and 7 the right."""
    bits = dots.view(np.uint8)
    upper = bits[0::4] | bits[1::4] << 1 | bits[2::4] << 2
    low = bits[3::4]
    codes = upper[:, 0::2] | upper[:, 1::2] << 3 | low[:, 0::2] << 6 | low[:, 1::2] << 7
    return codes.astype(np.int32) + _BRAILLE


@lru_cache(512)
def one_cell_each(text: str) -> str:
    """The text with every character one column wide, so that columns can be counted."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if _is_narrow(letter) else "·" for letter in unicodedata.normalize("NFC", text))


def _is_narrow(letter: str) -> bool:
    if not letter.isprintable() or unicodedata.combining(letter):
        return False
    return unicodedata.east_asian_width(letter) not in "WF" and unicodedata.category(letter) not in ("Mn", "Me", "Cf")


def shortened(text: str, width: int) -> str:
    """The text in at most `width` columns, with … for what is left out."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…" if width > 0 else ""
