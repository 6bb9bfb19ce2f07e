"""How far the two criteria agree, round by round (Lange & Sprekeler 2023, figure 7, bottom).

The paper does not say which correlation it shows; this is Pearson's of the two scores in each round.
"""

import numpy as np

from sessions.reports.statistics import mean, standard_error
from sessions.views.session_view import SessionView
from widgets.plots.figure import Axis, Figure, Line, Rule
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES

_X = Axis("round")
_Y = Axis("correlation of SNR and magnitude")


def correlation(view: SessionView, selection: Selection) -> Figure:
    """Pearson's correlation of |θ| / σ and |θ| over the kept prunable weights, a line a branch.

    Means over replicates with standard errors. At the rule, 1, both criteria prune the same weights.
    """
    title = FIGURES["correlation"].title
    lines = [line for name in selection.shown_in(view) if (line := _line(view, name)) is not None]
    if not lines:
        return Figure(title, _X, _Y, note=_why_not(view, selection))
    return Figure(title, _X, _Y, (*lines, Rule("SNR pruning = magnitude pruning", 1.0, "y")))


def _line(view: SessionView, branch: str) -> Line | None:
    values = [
        (round_.number, centre, standard_error(round_.finished.pearson))
        for round_ in view.lineage(branch)
        if round_.finished and (centre := mean(round_.finished.pearson)) is not None
    ]
    if not values:
        return None
    x, y = (np.array(column, float) for column in list(zip(*values, strict=True))[:2])
    errors = [error for _, _, error in values]
    half = None if all(error is None for error in errors) else np.array([error or 0.0 for error in errors])
    low, high = (None, None) if half is None else (y - half, y + half)
    return Line(branch, x, y, low=low, high=high, colour=colour_of(view, branch), markers=True)


def _why_not(view: SessionView, selection: Selection) -> str:
    shown = selection.shown_in(view)
    if any(round_.finished for name in shown for round_ in view.lineage(name)):
        return (
            "No round has a correlation: it needs a trainer with a σ for each weight and analysis.correlation = true."
        )
    return "The first value comes when the first round is finished."
