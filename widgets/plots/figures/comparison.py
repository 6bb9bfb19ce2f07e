"""How much better one branch is than others, density by density (paired by replicate)."""

import numpy as np

from sessions.messages.events import Analysed
from sessions.reports.analysis_rows import holm_p_values, replicates_of
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.significance import LEVEL, quantile
from widgets.plots.figure import Axis, Figure, Line, Rule
from widgets.plots.figures.curvature import nothing_yet
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES

_X = Axis("weights kept", scale="log", reverse=True, percent=True)


def comparison(view: SessionView, selection: Selection) -> Figure:
    """The branch's score less that of each branch it was compared with, against density.

    Each value is the mean over replicates of a difference, with its 95% interval; the latest comparison counts.
    """
    branch = selection.branch_in(view)
    title, y = f"{FIGURES['comparison'].title} · {branch or selection.place_in(view)}", Axis("difference of scores")
    known = [one for one in view.analyses if one.kind == "comparison" and one.branch == branch]
    latest = {str(one.parameters["other"]): one for one in known}
    if not latest:
        return Figure(title, _X, y, note=nothing_yet("the comparison"))
    lines = [_line(other, found, colour_of(view, other)) for other, found in latest.items()]
    note = " ".join(_told(other, found) for other, found in latest.items())
    return Figure(title, _X, y, (*lines, Rule("no difference", 0.0, "y")), note)


def _line(other: str, found: Analysed, colour: int) -> Line:
    order = np.argsort(found.array("densities"))
    density = found.array("densities").astype(float)[order]
    value, error = (found.array(name).astype(float)[0, order] for name in ("difference", "standard_error"))
    replicates = replicates_of(found)
    half = quantile(replicates - 1) * error if replicates > 1 else None
    low, high = (None, None) if half is None else (value - half, value + half)
    return Line(f"less {other}", density, value, low=low, high=high, colour=colour, markers=True)


def _told(other: str, found: Analysed) -> str:
    """`Beyond chance from random at 12 of 17 densities (Holm; 15 by p alone).`"""
    p_value = found.array("p_value")[0]
    if not np.isfinite(p_value).any():
        return f"One replicate can't tell whether {other} differs by chance."
    sure, alone = int((holm_p_values(found) < LEVEL).sum()), int((p_value < LEVEL).sum())
    tested = int(np.isfinite(p_value).sum())  # of a round that both share there is nothing to test
    return f"Beyond chance from {other} at {sure} of {tested} densities (Holm; {alone} by p alone)."
