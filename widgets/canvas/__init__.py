"""Figures in a browser: the canvas module of `esm/`, and what hands figures to it. Imports plots, and no widgets."""
