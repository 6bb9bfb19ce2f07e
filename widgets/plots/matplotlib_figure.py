"""Figures for papers: the same figures by matplotlib, as PNG, SVG or PDF (extra `figures`).

They can be read in black and white: each colour has a marker and a dash of its own. No mark is cut by the frame, no
name lies over a line, and no label over another.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from math import ceil, floor, log10
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ticket_explorer.errors import InvalidValue, TicketError
from widgets.plots.colours import LIGHT
from widgets.plots.figure import MUTED, Axis, Bars, Figure, Line, Mark, Picture, Points, Rule, Values
from widgets.plots.lens import closed_up
from widgets.plots.raster.layout import shown_values
from widgets.plots.raster.scales import fitted
from widgets.plots.sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.legend import Legend

_MISSING = "Figures need matplotlib; install it with: pip install 'ticket-explorer[figures]'"
GREY = "#70767e"
DOTS_PER_INCH = 200
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (3, 1, 1, 1)), (0, (1.5, 1)), (0, (8, 2)))
"""By palette index: of two lines of one dash, the markers differ, and the other way round."""
_MARGIN = 0.03
"""The share of an axis that stays free beyond the outermost markers."""
_LEGEND_ROW = 0.14
"""Inches of a row of names."""
_LEGEND_LETTER, _LEGEND_HANDLE, _LABEL_LETTER, _TITLE_LETTER = 0.06, 0.6, 0.062, 0.075
"""Inches of a letter of a name and of the sign before it, of an axis's label, and of the title."""
_PANEL_LETTER, _NOTE_LETTER = 0.056, 0.048
"""The same of a panel's title and of a sheet's note."""
_PANEL = (2.4, 2.1)
"""Width and height of a sheet's panel, inches."""
_FRAME = 0.55
"""The share of a figure's height that its frame has at least."""
_APART = {"x": 0.36, "y": 0.17}
"""Inches from the middle of one label to the next."""
_INSIDE = 0.75
"""The share of a figure's width and height that its frame has at least."""


@dataclass(frozen=True)
class Look:
    """How a figure looks on paper."""

    size: tuple[float, float] | None = None
    """Width and height, inches; None is 4.5 × 3, or what a sheet's panels need."""
    dpi: int = DOTS_PER_INCH
    """Dots per inch of a PNG."""
    title: bool = True
    """Whether its title is written above it; a paper has captions."""
    style: str | None = None
    """A matplotlib style file, or the name of a style; its letters and lines take the place of ours."""
    close_up: bool = False
    """Whether y goes from the lowest value to the highest, so that lines that lie close part."""


def drawn(figure: Figure | Sheet, form: str, look: Look = Look()) -> bytes:
    """A figure as a file's content; in vectors, text stays text.

    Args:
        figure: What to draw.
        form: `png`, `svg` or `pdf`.
        look: Its size and style.

    Raises:
        TicketError: if matplotlib is not installed, or can't read the style.
    """
    content = BytesIO()
    metadata = {"Date": None} if form == "svg" else None
    with styled(look.style):
        canvas_of(figure, look).savefig(content, format=form, dpi=look.dpi, metadata=metadata)
    return content.getvalue()


@contextmanager
def styled(style: str | None) -> Iterator[None]:
    """With a person's style, and letters that can be searched and edited.

    Raises:
        TicketError: if matplotlib is not installed, or can't read the style.
    """
    try:
        import matplotlib
        from matplotlib import style as styles
    except ImportError:
        raise TicketError(_MISSING) from None
    with matplotlib.rc_context({"svg.fonttype": "none", "pdf.fonttype": 42, "ps.fonttype": 42}):
        if style is not None:
            try:
                styles.use(style)
            except (OSError, ValueError) as error:
                raise InvalidValue(
                    "--style", style, f"a matplotlib style file, or one of its styles ({error})"
                ) from None
        yield


def usual_size(figure: Figure | Sheet) -> tuple[float, float]:
    """Width and height in inches that a figure has if nobody asks for others."""
    if isinstance(figure, Figure):
        return (4.5, 3.0)
    rows = ceil(len(figure.panels) / figure.columns)
    return max(_PANEL[0] * figure.columns, 4.5), max(_PANEL[1] * rows + 0.7, 3.0)


def canvas_of(figure: Figure | Sheet, look: Look = Look()) -> "Canvas":
    """A figure as matplotlib's, with its axes.

    Raises:
        TicketError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure as Canvas
    except ImportError:
        raise TicketError(_MISSING) from None
    if look.close_up:
        figure = _closed_up(figure)
    size = look.size or usual_size(figure)
    canvas = Canvas(figsize=size, layout="constrained")
    if isinstance(figure, Sheet):
        _draw_sheet(canvas, figure, size)
    elif any(isinstance(mark, Picture) for mark in figure.marks):
        _draw_pictures(canvas, figure, size)
    else:
        _draw(canvas.subplots(), figure, size)
        _name(canvas, size[0])
    if look.title:
        canvas.suptitle(fill(figure.title, max(int(size[0] / _TITLE_LETTER), 1)), fontsize=9)
    return canvas


def _closed_up(figure: Figure | Sheet) -> Figure | Sheet:
    if isinstance(figure, Sheet):
        return replace(figure, panels=tuple(map(closed_up, figure.panels)))
    return closed_up(figure)


def _draw_sheet(canvas: "Canvas", sheet: Sheet, size: tuple[float, float]) -> None:
    """Draw panels in rows; what their marks are called stands once, below all of them."""
    rows = max(ceil(len(sheet.panels) / sheet.columns), 1)
    room = size[0] / sheet.columns, size[1] / rows
    places = np.ravel(canvas.subplots(rows, sheet.columns, squeeze=False))
    for axes, panel in zip(places, sheet.panels, strict=False):
        pictures = [mark for mark in panel.marks if isinstance(mark, Picture)]
        if pictures:
            _draw_picture(axes, panel, pictures[0], room)
        else:
            _draw(axes, panel, room)
        axes.set_title(fill(panel.title, max(int(room[0] / _PANEL_LETTER), 1)), fontsize=7)
        if panel.note and not panel.is_empty:
            axes.annotate(panel.note, (1, 1), xycoords="axes fraction", ha="right", va="bottom", fontsize=5, color=GREY)
    for axes in places[len(sheet.panels) :]:
        axes.set_axis_off()
    note = fill(sheet.note, max(int(size[0] / _NOTE_LETTER), 1))
    legend = _name(canvas, size[0])
    if legend is None:
        canvas.supxlabel(note, fontsize=6, color=GREY)
    else:
        legend.set_title(note)
        legend.get_title().set(color=GREY, multialignment="center", fontsize=6)


def _draw_pictures(canvas: "Canvas", figure: Figure, size: tuple[float, float]) -> None:
    pictures = [mark for mark in figure.marks if isinstance(mark, Picture)]
    for axes, picture in zip(np.ravel(canvas.subplots(1, len(pictures))), pictures, strict=True):
        axes.set_title(picture.name, fontsize=8)
        _draw_picture(axes, figure, picture, size, has_points=picture is pictures[0])
    canvas.supxlabel(figure.note, fontsize=6, color=GREY)  # what the colours stand for


def _draw_picture(
    axes: Any, figure: Figure, picture: Picture, size: tuple[float, float], has_points: bool = True
) -> None:
    axes.imshow(picture.values, cmap="viridis", vmin=0.0, vmax=1.0, interpolation="nearest")
    if has_points:
        _draw_over(axes, figure)
    _tick(axes, "x", figure.x, size[0], is_picture=True)
    _tick(axes, "y", figure.y, size[1], is_picture=True)
    _label(axes, figure, size[1])


def _draw(axes: Any, figure: Figure, size: tuple[float, float]) -> None:
    if figure.is_empty:
        axes.text(0.5, 0.5, figure.note, ha="center", va="center", wrap=True, transform=axes.transAxes, fontsize=8)
        axes.set_axis_off()
        return
    for mark in figure.marks:
        _draw_mark(axes, mark)
    names = axes.get_legend_handles_labels()[1]
    height = max(size[1] - _LEGEND_ROW * -(-len(names) // _legend_columns(names, size[0])), size[1] / 4)
    for axis, which, inches in ((figure.x, "x", size[0]), (figure.y, "y", height)):
        _scale(axes, which, axis, shown_values(figure, which), any(_has_markers(mark) for mark in figure.marks))
        _tick(axes, which, axis, inches)
    _label(axes, figure, size[1])
    axes.spines[["top", "right"]].set_visible(False)


def _has_markers(mark: Mark) -> bool:
    return isinstance(mark, Line) and mark.markers


def _scale(axes: Any, which: str, axis: Axis, values: Values, has_markers: bool) -> None:
    """Set an axis's scale and limits, with room for the markers at its ends."""
    getattr(axes, f"set_{which}scale")(axis.scale)
    if axis.limits is not None or has_markers:
        whole = fitted(axis, values)
        low, high = whole.value(-_MARGIN), whole.value(1 + _MARGIN)
        getattr(axes, f"set_{which}lim")(low, high)
    elif axis.reverse:
        getattr(axes, f"invert_{which}axis")()


def _name(canvas: "Canvas", width: float) -> "Legend | None":
    """Name the marks below the frame, side by side in as many rows as they need: there they hide nothing."""
    found = [axes.get_legend_handles_labels() for axes in canvas.axes]
    named = {label: handle for handles, labels in found for handle, label in zip(handles, labels, strict=True)}
    if not named:
        return None
    handles, labels = list(named.values()), list(named)
    columns = _legend_columns(labels, width)
    style: dict[str, Any] = {"fontsize": 7, "frameon": False, "handlelength": 3}
    return canvas.legend(handles, labels, loc="outside lower center", ncols=columns, **style)


def _legend_columns(labels: Sequence[str], width: float) -> int:
    """In how many columns names stand side by side."""
    return next((n for n in range(len(labels), 1, -1) if _legend_width(labels, n) <= width), 1)


def _legend_width(labels: Sequence[str], columns: int) -> float:
    """Inches of a legend in so many columns, which matplotlib fills one after the other."""
    widest = [max(map(len, column)) for column in np.array_split(np.array(labels, dtype=object), columns)]
    return sum(letters * _LEGEND_LETTER + _LEGEND_HANDLE for letters in widest)


def _draw_over(axes: Any, figure: Figure) -> None:
    """Draw points over a picture; their values count its cells."""
    points = [mark for mark in figure.marks if isinstance(mark, Points)]
    for mark in points:
        colour = LIGHT[mark.colour % len(LIGHT)]
        marker = MARKERS[mark.colour % len(MARKERS)] if mark.marked else "o"
        axes.scatter(mark.x - 0.5, mark.y - 0.5, s=12, label=mark.name, color=colour, linewidths=0, marker=marker)
    if points:
        axes.legend(fontsize=7)


def _tick(axes: Any, which: str, axis: Axis, inches: float, is_picture: bool = False) -> None:
    """Numbers as a person writes them: whole rounds, shares in percent, no powers of ten on short logarithmic axes."""
    from matplotlib import ticker

    drawn_axis = getattr(axes, f"{which}axis")
    if axis.label.startswith(("round", "generation")):
        drawn_axis.set_major_locator(ticker.MaxNLocator(integer=True))
    elif is_picture:
        drawn_axis.set_ticks([])  # cells have no scale of their own
    if axis.scale == "log":
        low, high = sorted(getattr(axes, f"get_{which}lim")())
        apart = _APART[which] / (inches * _INSIDE)
        found = _log_ticks(low, high, apart, axis.limits if axis.percent else None)
        drawn_axis.set_major_locator(ticker.FixedLocator(found))
        drawn_axis.set_minor_locator(ticker.NullLocator())
    if axis.percent or axis.scale == "log":
        drawn_axis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%" if axis.percent else f"{value:g}")


def _log_ticks(low: float, high: float, apart: float, ends: tuple[float, float] | None) -> list[float]:
    """Round values of a logarithmic axis, powers of ten first, no two nearer than a share of its length.

    Args:
        low: The lowest value shown.
        high: The highest one.
        apart: The least distance of two labels, as a share of the axis.
        ends: Values that are named whether they are round or not: the densest and the sparsest round.
    """
    powers = [10.0**power for power in range(floor(log10(low)), ceil(log10(high)) + 1)]
    wanted = [*(sorted(ends, reverse=True) if ends else ()), *powers]
    wanted += [digit * power for digit in (5.0, 2.0, 3.0, 7.0) for power in powers]
    found: list[float] = []
    for value in wanted:
        places = (abs(log10(value / known)) / log10(high / low) for known in found)
        if low * (1 - 1e-9) <= value <= high * (1 + 1e-9) and all(place >= apart for place in places):
            found.append(value)
    return sorted(found)


def _label(axes: Any, figure: Figure, height: float) -> None:
    axes.set_xlabel(figure.x.label, fontsize=8)
    axes.set_ylabel(fill(figure.y.label, max(int(height * _FRAME / _LABEL_LETTER), 8)), fontsize=8)
    axes.tick_params(labelsize=7)


def _draw_mark(axes: Any, mark: Mark) -> None:
    colour, marker, dash = _style(mark.colour)
    name = mark.name or "_"  # matplotlib keeps such names out of the legend
    match mark:
        case Line():
            style: dict[str, Any] = {"marker": marker, "markersize": 3.5} if mark.markers else {}
            width, strength = (0.7, 0.5) if mark.faint else (1.3, 1.0)
            style |= {"linestyle": dash, "linewidth": width, "alpha": strength}
            axes.plot(mark.x, mark.y, color=colour, label=name, **style)
            if mark.low is not None and mark.high is not None:
                _draw_spread(axes, mark, colour)
        case Points():
            size, before = (14, 3) if mark.marked else (5, 2)
            axes.scatter(mark.x, mark.y, s=size, color=colour, label=name, linewidths=0, marker=marker, zorder=before)
        case Bars():
            axes.stairs(mark.heights, mark.edges, color=colour, label=name, fill=True, alpha=0.7)
        case Rule():
            line = axes.axhline if mark.across == "y" else axes.axvline
            dash = (0, (1, 1)) if mark.across == "y" else (0, (4, 1.5, 1, 1.5))
            line(mark.value, color=colour, label=name, linewidth=0.8, linestyle=dash)


def _style(colour: int) -> tuple[str, str, Any]:
    """The colour, the marker and the dash of a palette index."""
    if colour == MUTED:
        return GREY, ".", "--"
    return LIGHT[colour % len(LIGHT)], MARKERS[colour % len(MARKERS)], DASHES[colour % len(DASHES)]


def _draw_spread(axes: Any, line: Line, colour: str) -> None:
    assert line.low is not None
    assert line.high is not None
    if line.markers:
        errors = np.abs([line.y - line.low, line.high - line.y])
        axes.errorbar(line.x, line.y, errors, color=colour, fmt="none", linewidth=0.8, capsize=2)
    else:
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.2, linewidth=0)
