"""A figure as one SVG picture of less than 300 kB: on a white ground, since it can't know the page's."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import count
from textwrap import wrap

import numpy as np

from widgets.plots.alt_text import described
from widgets.plots.colours import LIGHT
from widgets.plots.figure import MUTED, Bars, Figure, Line, Mark, Picture, Points, Rule
from widgets.plots.raster.layout import shown_values
from widgets.plots.raster.scales import Tick, fitted, ticks
from widgets.plots.svg.marks import Plot, drawn, signs

INK, GREY, PALE = "#20242a", "#70767e", "#e4e6e9"
_ROW = 14
"""Pixels from one row of names to the next."""
_FONT = "system-ui, 'DejaVu Sans', sans-serif"


def svg(figure: Figure, width: int = 480, height: int = 300) -> str:
    """A figure as SVG.

    Args:
        figure: What to draw.
        width: Pixels, axis labels included.
        height: Pixels, title, legend and note included.
    """
    words = f"<title>{escape(figure.title)}</title><desc>{escape(described(figure))}</desc>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="{_FONT}" font-size="11" role="img">{words}'
        f'<rect width="{width}" height="{height}" fill="#fff" stroke="{PALE}"/>{_body(figure, width, height)}</svg>'
    )


def svg_of_many(figures: Sequence[Figure], columns: int = 2, width: int = 480, height: int = 300) -> str:
    """Figures in a grid, as one SVG."""
    rows = -(-len(figures) // columns)
    placed = [
        f'<svg x="{i % columns * width}" y="{i // columns * height}"{svg(figure, width, height)[4:]}'
        for i, figure in enumerate(figures)
    ]
    across, down = columns * width, rows * height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across}" height="{down}">'
        f"{''.join(placed)}</svg>"
    )


def ink(mark: Mark) -> str:
    """The colour of a mark on white."""
    return GREY if mark.colour == MUTED else LIGHT[mark.colour % len(LIGHT)]


def _body(figure: Figure, width: int, height: int) -> str:
    title = text(10, 18, figure.title, weight="600", fill=INK)
    if figure.is_empty:
        lines = wrap(figure.note, width // 8)
        return title + "".join(
            text(width / 2, height / 2 + 15 * (i - len(lines) / 2), line, anchor="middle")
            for i, line in enumerate(lines)
        )
    note = text(10, height - 8, figure.note) if figure.note else ""
    bottom = height - (22 if figure.note else 8)
    pictures = [mark for mark in figure.marks if isinstance(mark, Picture)]
    if pictures:
        plots = _slots(pictures, width, bottom)
        marks = [drawn(mark, plot, ink(mark)) for mark, plot in zip(pictures, plots, strict=True)]
        over = [drawn(mark, plots[0], ink(mark)) for mark in figure.marks if isinstance(mark, Points)]
        return title + "".join([*marks, *over]) + note
    entries = _entries(figure, width)
    below = _ROW * max((entry.row for entry in entries), default=0)
    return title + _legend(entries) + _axes_and_marks(figure, width, bottom, below) + note


def _axes_and_marks(figure: Figure, width: int, bottom: int, below: int) -> str:
    x, y = fitted(figure.x, shown_values(figure, "x"), 0.015), fitted(figure.y, shown_values(figure, "y"), 0.05)
    y_ticks = ticks(y, 5, figure.y.percent)
    left = 18 + 6.5 * max((len(tick.label) for tick in y_ticks), default=1)
    plot = Plot(left, 60 + below, width - 14, bottom - 34, x, y)
    named = _bar_names(figure)
    x_ticks = named or ticks(x, 6, figure.x.percent)
    parts = [text(8, 52 + below, figure.y.label), text(plot.right, plot.bottom + 29, figure.x.label, anchor="end")]
    for tick in y_ticks:
        at = plot.top_of(tick.value)
        parts.append(f'<path d="M{plot.left:.1f} {at:.1f}H{plot.right:.1f}" stroke="{PALE}"/>')
        parts.append(text(plot.left - 5, at + 4, tick.label, anchor="end"))
    parts += [text(plot.left_of(tick.value), plot.bottom + 15, tick.label, anchor="middle") for tick in x_ticks]
    parts.append(f'<path d="M{plot.left:.1f} {plot.bottom:.1f}H{plot.right:.1f}" stroke="{GREY}"/>')
    order = sorted(figure.marks, key=lambda mark: (isinstance(mark, Rule), not getattr(mark, "faint", False)))
    parts += [drawn(mark, plot, ink(mark)) for mark in order]
    parts += [_rule_name(mark, plot) for mark in figure.marks if isinstance(mark, Rule)]
    return "".join(parts)


def _bar_names(figure: Figure) -> tuple[Tick, ...]:
    bars = [mark for mark in figure.marks if isinstance(mark, Bars)]
    if len(bars) < 2 or any(mark.heights.size != 1 for mark in bars):
        return ()
    return tuple(Tick(float(mark.edges.mean()), mark.name) for mark in bars)


def _rule_name(rule: Rule, plot: Plot) -> str:
    if rule.across == "y":
        return text(plot.right - 2, plot.top_of(rule.value) - 3, rule.name, anchor="end")
    at = plot.left_of(rule.value)
    is_right = at > plot.right - 80
    return text(at + (-4 if is_right else 4), plot.top + 10, rule.name, anchor="end" if is_right else "start")


@dataclass(frozen=True)
class _Entry:
    """A mark's name, and where it is."""

    mark: Line | Points | Bars
    left: float
    row: int


def _entries(figure: Figure, width: int) -> list[_Entry]:
    """Where names stand, in as many rows as they need."""
    named = [mark for mark in figure.marks if isinstance(mark, Line | Points | Bars) and mark.name]
    found, left, row = [], 10.0, 0
    for mark in named if len(named) > 1 else []:
        length = 24 + 6.6 * len(mark.name)
        if left + length > width and left > 10.0:
            left, row = 10.0, row + 1
        found.append(_Entry(mark, left, row))
        left += length
    return found


def _legend(entries: Sequence[_Entry]) -> str:
    parts = []
    for entry in entries:
        mark, left, top = entry.mark, entry.left, 31 + _ROW * entry.row
        if (isinstance(mark, Line) and mark.markers) or (isinstance(mark, Points) and mark.marked):
            parts.append(signs(np.array([left + 5.5]), np.array([float(top)]), ink(mark), mark.colour))
        else:
            faint = ' opacity="0.5"' if isinstance(mark, Line) and mark.faint else ""
            parts.append(f'<rect x="{left:.0f}" y="{top - 2}" width="11" height="4" rx="1" fill="{ink(mark)}"{faint}/>')
        parts.append(text(left + 15, top + 4, mark.name, fill=INK))
    return "".join(parts)


def _slots(pictures: Sequence[Picture], width: int, bottom: int) -> list[Plot]:
    """Pictures side by side, with square cells."""
    room = (width - 20) / len(pictures)
    plots = []
    for number, picture in zip(count(), pictures):
        rows, columns = picture.values.shape
        cell = min((room - 10) / max(columns, 1), (bottom - 40) / max(rows, 1))
        left = 10 + number * room + (room - cell * columns) / 2
        plots.append(Plot.of_cells(left, 30, cell, rows, columns))
    return plots


def text(x: float, y: float, words: str, anchor: str = "start", weight: str = "400", fill: str = GREY) -> str:
    """A line of text."""
    if not words:
        return ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{fill}">'
        f"{escape(words)}</text>"
    )
