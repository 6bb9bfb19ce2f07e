"""Figures as characters: braille for lines and points, half blocks for pictures, eighths for bars."""

from widgets.plots.figure import MUTED
from widgets.plots.raster.canvas import FULL, TEXT, TITLE
from widgets.plots.raster.drawing import Drawing, draw
from widgets.plots.raster.reading import Reading

__all__ = ["FULL", "MUTED", "TEXT", "TITLE", "Drawing", "Reading", "draw"]
