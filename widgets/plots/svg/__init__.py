"""Figures as SVG, for saved notebooks and reports."""

from widgets.plots.svg.drawing import svg, svg_of_many

__all__ = ["svg", "svg_of_many"]
