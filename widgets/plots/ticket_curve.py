"""The ticket curve: score against density, one line a branch (Lange & Sprekeler 2023, figure 2)."""

from dataclasses import dataclass
from math import log10

import plotext

from sessions.report import mean, standard_error
from sessions.view import SessionView


@dataclass(frozen=True)
class TicketCurve:
    """One branch's line, from dense to sparse; only rounds that have a score."""

    branch: str
    density: tuple[float, ...]
    score: tuple[float, ...]
    """Mean over replicates."""
    error: tuple[float | None, ...]
    """Standard error over replicates; None for a single one."""


def ticket_curves(view: SessionView) -> list[TicketCurve]:
    """The ticket curves of all branches that have a finished round."""
    curves = []
    for name in view.branches:
        points = [
            (round_.density, score, standard_error(round_.finished.score))
            for round_ in view.lineage(name)
            if round_.finished and (score := mean(round_.finished.score)) is not None
        ]
        if points:
            curves.append(TicketCurve(name, *(tuple(column) for column in zip(*points, strict=True))))
    return curves


def drawn(curves: list[TicketCurve], width: int, height: int, colour: bool) -> str:
    """The curves as text, density falling to the right on a logarithmic axis.

    Args:
        curves: What to draw.
        width: Columns.
        height: Rows.
        colour: Whether to use escape sequences for colours.
    """
    plotext.clear_figure()
    plotext.plot_size(width, height)
    plotext.theme("clear")
    for curve, tint, marker in zip(curves, _cycle(_COLOURS, len(curves)), _cycle(_MARKERS, len(curves)), strict=True):
        x = [-value for value in _log10(curve.density)]
        plotext.plot(x, curve.score, label=curve.branch, color=tint, marker="braille")
        plotext.scatter(x, curve.score, color=tint, marker=marker)
    ticks = _ticks(min((min(curve.density) for curve in curves), default=1.0))
    plotext.xticks([-value for value in _log10(ticks)], [f"{100 * tick:g}%" for tick in ticks])
    plotext.xlabel("weights kept")
    plotext.ylabel("score")
    text: str = plotext.build()
    return text if colour else plotext.uncolorize(text)


_COLOURS = ("blue+", "orange+", "green+", "magenta+", "cyan+", "red+")
_MARKERS = ("●", "■", "▲", "◆", "×", "+")


def _cycle(choices: tuple[str, ...], count: int) -> list[str]:
    return [choices[i % len(choices)] for i in range(count)]


def _log10(values: tuple[float, ...]) -> list[float]:
    return [log10(value) for value in values]


def _ticks(lowest: float) -> tuple[float, ...]:
    steps = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
    return tuple(step for step in steps if step >= lowest * 0.9)
