"""The ticket curve as lines of text, for output that is no app: by plotext, in the terminal's own sixteen colours."""

from math import log10

import numpy as np
import plotext

from widgets.plots.curve_data import TicketCurve
from widgets.plots.figure import Axis
from widgets.plots.raster.scales import fitted, ticks
from widgets.plots.ticks import share_ticks

_MARGIN = 0.04
_Y_TICKS = 5
_LEAST = 1e-30


def drawn(curves: list[TicketCurve], width: int, height: int, colour: bool) -> str:
    """The curves as text, density falling to the right on a logarithmic axis.

    Args:
        curves: What to draw.
        width: Columns of text, axis labels included.
        height: Rows of text, legend and axis labels included.
        colour: Whether to use escape sequences for colours.
    """
    tints, markers = _cycle(_COLOURS, len(curves)), _cycle(_MARKERS, len(curves))
    plotext.clear_figure()
    plotext.plot_size(width, height - 1)
    plotext.theme("clear")
    for curve, tint, marker in zip(curves, tints, markers, strict=True):
        x = _from_the_left(curve.density)
        scores = [*map(_drawable, curve.score)]
        plotext.plot(x, scores, color=tint, marker="braille")
        plotext.scatter(x, scores, color=tint, marker=marker)
    _draw_axes(curves)
    legend = "   ".join(
        plotext.colorize(f"{marker} {curve.branch}", tint)
        for curve, tint, marker in zip(curves, tints, markers, strict=True)
    )
    text: str = f"score   {legend}\n{plotext.build()}"
    return text if colour else plotext.uncolorize(text)


def _draw_axes(curves: list[TicketCurve]) -> None:
    shares = share_ticks(min(min(curve.density) for curve in curves))
    plotext.xticks(_from_the_left(shares), [f"{100 * share:.3g}%" for share in shares])
    scores = [_drawable(score) for curve in curves for score in curve.score]
    scale = fitted(Axis("score"), np.array(scores), _MARGIN)
    named = ticks(scale, _Y_TICKS)
    plotext.yticks([tick.value for tick in named], [tick.label for tick in named])
    plotext.ylim(scale.low, scale.high)
    plotext.xlabel("weights kept")


_COLOURS = ("blue+", "orange+", "green+", "magenta+", "cyan+", "red+")
_MARKERS = ("●", "■", "▲", "◆", "×", "+")


def _drawable(score: float) -> float:
    """A score that plotext can place: it divides by the range of all, which may be no smaller than this."""
    return 0.0 if abs(score) < _LEAST else score


def _cycle(choices: tuple[str, ...], count: int) -> list[str]:
    return [choices[i % len(choices)] for i in range(count)]


def _from_the_left(densities: tuple[float, ...]) -> list[float]:
    """Positions on the axis: 0 for dense, growing with sparsity."""
    return [-log10(density) for density in densities]
