"""Figures for papers: the same figures by matplotlib, as PNG, SVG or PDF (extra `figures`)."""

from io import BytesIO
from typing import Any

import numpy as np

from ticket_explorer.errors import TicketError
from widgets.plots.colours import LIGHT
from widgets.plots.figure import MUTED, Axis, Bars, Figure, Line, Mark, Picture, Points, Rule

GREY = "#70767e"
DOTS_PER_INCH = 200


def drawn(figure: Figure, form: str, size: tuple[float, float] = (4.5, 3.0)) -> bytes:
    """A figure as a file's content.

    Args:
        figure: What to draw.
        form: `png`, `svg` or `pdf`.
        size: Width and height in inches.

    Raises:
        TicketError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure as Canvas
    except ImportError:
        raise TicketError("Figures need matplotlib; install it with: pip install 'ticket-explorer[figures]'") from None
    canvas = Canvas(figsize=size, layout="constrained")
    pictures = [mark for mark in figure.marks if isinstance(mark, Picture)]
    if pictures:
        for axes, picture in zip(np.ravel(canvas.subplots(1, len(pictures))), pictures, strict=True):
            axes.imshow(picture.values, cmap="viridis", vmin=0.0, vmax=1.0, interpolation="nearest")
            axes.set_title(picture.name, fontsize=8)
            if picture is pictures[0]:
                _draw_over(axes, figure)
            _tick(axes, "x", figure.x, is_picture=True)
            _tick(axes, "y", figure.y, is_picture=True)
            _label(axes, figure)
        canvas.supxlabel(figure.note, fontsize=6, color=GREY)  # what the colours stand for
    else:
        _draw(canvas.subplots(), figure)
    canvas.suptitle(figure.title, fontsize=9)
    content = BytesIO()
    canvas.savefig(content, format=form, dpi=DOTS_PER_INCH, metadata={"Date": None} if form == "svg" else None)
    return content.getvalue()


def _draw(axes: Any, figure: Figure) -> None:
    if figure.is_empty:
        axes.text(0.5, 0.5, figure.note, ha="center", va="center", wrap=True, transform=axes.transAxes, fontsize=8)
        axes.set_axis_off()
        return
    for mark in figure.marks:
        _draw_mark(axes, mark)
    for axis, which in ((figure.x, "x"), (figure.y, "y")):
        getattr(axes, f"set_{which}scale")(axis.scale)
        if axis.limits is not None:
            getattr(axes, f"set_{which}lim")(*axis.limits)
        _tick(axes, which, axis)
        if axis.reverse:
            getattr(axes, f"invert_{which}axis")()
    _label(axes, figure)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7, frameon=False)


def _draw_over(axes: Any, figure: Figure) -> None:
    """Draw points over a picture; their values count its cells."""
    points = [mark for mark in figure.marks if isinstance(mark, Points)]
    for mark in points:
        colour = LIGHT[mark.colour % len(LIGHT)]
        axes.scatter(mark.x - 0.5, mark.y - 0.5, s=12, label=mark.name, color=colour, linewidths=0)
    if points:
        axes.legend(fontsize=7)


def _tick(axes: Any, which: str, axis: Axis, is_picture: bool = False) -> None:
    """Numbers as a person writes them: whole rounds, shares in percent, no powers of ten on short logarithmic axes."""
    from matplotlib import ticker

    drawn_axis, low_high = getattr(axes, f"{which}axis"), sorted(getattr(axes, f"get_{which}lim")())
    if axis.label.startswith(("round", "generation")):
        drawn_axis.set_major_locator(ticker.MaxNLocator(integer=True))
    elif is_picture:
        drawn_axis.set_ticks([])  # cells have no scale of their own
    if axis.scale == "log":
        reach = low_high[1] / low_high[0]
        between = range(1, 10) if reach < 10 else (1, 2, 5) if reach < 10**4 else (1,)
        drawn_axis.set_major_locator(ticker.LogLocator(subs=between))
        drawn_axis.set_minor_formatter(ticker.NullFormatter())
    if axis.percent or axis.scale == "log":
        drawn_axis.set_major_formatter(lambda value, _: f"{100 * value:g}%" if axis.percent else f"{value:g}")


def _label(axes: Any, figure: Figure) -> None:
    axes.set_xlabel(figure.x.label, fontsize=8)
    axes.set_ylabel(figure.y.label, fontsize=8)
    axes.tick_params(labelsize=7)


def _draw_mark(axes: Any, mark: Mark) -> None:
    colour = GREY if mark.colour == MUTED else LIGHT[mark.colour % len(LIGHT)]
    name = mark.name or "_"  # matplotlib keeps such names out of the legend
    match mark:
        case Line():
            style = {"marker": "o", "markersize": 3.0} if mark.markers else {}
            width, strength = (0.7, 0.5) if mark.faint else (1.3, 1.0)
            axes.plot(mark.x, mark.y, color=colour, label=name, linewidth=width, alpha=strength, **style)
            if mark.low is not None and mark.high is not None:
                _draw_spread(axes, mark, colour)
        case Points():
            axes.scatter(mark.x, mark.y, s=3, color=colour, label=name, linewidths=0)
        case Bars():
            axes.stairs(mark.heights, mark.edges, color=colour, label=name, fill=True, alpha=0.7)
        case Rule():
            line = axes.axhline if mark.across == "y" else axes.axvline
            line(mark.value, color=colour, label=name, linewidth=0.8, linestyle="--")


def _draw_spread(axes: Any, line: Line, colour: str) -> None:
    assert line.low is not None
    assert line.high is not None
    if line.markers:
        errors = np.abs([line.y - line.low, line.high - line.y])
        axes.errorbar(line.x, line.y, errors, color=colour, fmt="none", linewidth=0.8, capsize=2)
    else:
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.2, linewidth=0)
