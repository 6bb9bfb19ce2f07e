"""Ticket curves of searches that are pooled: a line for each branch, with standard errors over seeds and replicates."""

from collections.abc import Mapping, Sequence

from sessions.reports.statistics import mean, standard_error
from widgets.plots.curve_data import TicketCurve
from widgets.plots.figure import Axis, Figure
from widgets.plots.figures.ticket_curve import figure_of
from widgets.plots.studies.searches import Search, pooled

KEPT = Axis("weights kept", scale="log", reverse=True, percent=True)
SCORE = Axis("score")
NOTHING = "No round of these cells is finished yet."


def panel(title: str, lines: Mapping[str, Sequence[Search]], colours: Mapping[str, int]) -> Figure:
    """Score against density, a line for each name.

    Args:
        title: The panel's title.
        lines: The searches that each line pools, by its name.
        colours: The palette index of each name.
    """
    curves = [curve for name, searches in lines.items() if (curve := curve_of(name, searches)) is not None]
    if not curves:
        return Figure(title, KEPT, SCORE, note=NOTHING)
    sparsest = min(curve.density[-1] for curve in curves)
    return figure_of(title, curves, [colours[curve.branch] for curve in curves], min(sparsest, 0.9), _seeds(curves))


def curve_of(name: str, searches: Sequence[Search]) -> TicketCurve | None:
    """The curve of several searches together; None without a finished round."""
    scores = pooled(searches)
    if not scores:
        return None
    values = tuple(mean(found) or 0.0 for found in scores.values())
    errors = tuple(standard_error(found) for found in scores.values())
    return TicketCurve(name, tuple(scores), values, errors, max(map(len, scores.values())))


def _seeds(curves: Sequence[TicketCurve]) -> str:
    counts = sorted({curve.replicates for curve in curves})
    return "1 search" if counts == [1] else f"{'–'.join(map(str, dict.fromkeys((counts[0], counts[-1]))))} searches"
