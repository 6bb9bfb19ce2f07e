"""Figures as SVG: what a saved notebook shows where nothing runs."""

from widgets.plots.svg.drawing import svg, svg_of_many

__all__ = ["svg", "svg_of_many"]
