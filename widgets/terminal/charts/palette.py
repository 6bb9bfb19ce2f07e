"""Colours for palette indices that colour-blind people can tell apart, for dark, light and ANSI themes.

Those of the themes are shared with the notebook; the ANSI ones are the terminal's own.
"""

from dataclasses import dataclass
from functools import lru_cache

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

from widgets.plots.colours import DARK, LIGHT
from widgets.plots.raster import FULL, MUTED, TITLE

ANSI_DARK = ("bright_blue", "bright_yellow", "bright_green", "bright_magenta", "bright_cyan", "bright_red")
"""The terminal's own colours on a dark background."""
ANSI_LIGHT = ("blue", "yellow", "green", "magenta", "cyan", "red")
"""The terminal's own colours on a light background."""

_MUTED_SHARE = 0.5


@dataclass(frozen=True)
class Palette:
    """The colours of one theme."""

    colours: tuple[str, ...]
    background: Color
    foreground: Color
    ansi: bool = False

    def style(self, index: int, strength: int = FULL, ground: int = 0) -> Style:
        """The style of a cell.

        Args:
            index: A palette index, taken modulo the number of colours, or one of the negative ones.
            strength: How much of the colour there is in the glyph, up to `FULL`.
            ground: How much of it there is behind the glyph.
        """
        return _style(self, index, strength, ground)


def palette_for(background: Color, foreground: Color, dark: bool, ansi: bool) -> Palette:
    """The palette that is legible on a theme's background."""
    if ansi:
        return Palette(ANSI_DARK if dark else ANSI_LIGHT, background, foreground, True)
    return Palette(DARK if dark else LIGHT, background, foreground)


@lru_cache(4096)
def _style(palette: Palette, index: int, strength: int, ground: int) -> Style:
    if palette.ansi:
        colour = RichColor.parse(palette.colours[index % len(palette.colours)]) if index >= 0 else None
        return Style(color=colour, bold=index == TITLE or None, dim=index == MUTED or strength < FULL * 3 // 4 or None)
    ink = _ink(palette, index)
    behind = palette.background.blend(ink, ground / FULL)
    return Style.from_color(palette.background.blend(ink, strength / FULL).rich_color, behind.rich_color) + Style(
        bold=index == TITLE or None
    )


def _ink(palette: Palette, index: int) -> Color:
    if index >= 0:
        return Color.parse(palette.colours[index % len(palette.colours)])
    return palette.background.blend(palette.foreground, _MUTED_SHARE) if index == MUTED else palette.foreground
