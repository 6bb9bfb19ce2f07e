"""The parts of a ticket's effect, at each density (Vischer et al. 2021; Lange & Sprekeler 2023)."""

import numpy as np

from sessions.messages.events import Analysed
from sessions.reports.analysis_rows import replicates_of
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.settings import PARTS
from ticket_explorer.analysis.significance import quantile
from widgets.plots.figure import MUTED, Axis, Figure, Line, Rule
from widgets.plots.figures.curvature import nothing_yet
from widgets.plots.figures.selection import Selection
from widgets.plots.names import FIGURES

_X = Axis("weights kept", scale="log", reverse=True, percent=True)
_Y = Axis("score due to it")


def decomposition(view: SessionView, selection: Selection) -> Figure:
    """The score that is due to weights, mask and layers against density, and the effect, which is their sum.

    Each value is the mean over replicates of a difference, with its 95% interval.
    """
    branch = selection.branch_in(view)
    title = f"{FIGURES['decomposition'].title} · {branch or selection.place_in(view)}"
    known = [one for one in view.analyses if one.kind == "decomposition" and one.branch == branch]
    if not known:
        return Figure(title, _X, _Y, note=nothing_yet("the decomposition"))
    lines = [_line(known[-1], part) for part in range(len(PARTS))]
    return Figure(title, _X, _Y, (*lines, Rule("none", 0.0, "y")), _note(known[-1]))


def _line(found: Analysed, part: int) -> Line:
    order = np.argsort(found.array("densities"))
    density, value, error = (
        found.array("densities").astype(float)[order],
        found.array("contribution").astype(float)[part, order],
        found.array("standard_error").astype(float)[part, order],
    )
    replicates, whole = replicates_of(found), PARTS[part] == "effect"
    half = quantile(replicates - 1) * error if replicates > 1 else None
    low, high = (None, None) if half is None else (value - half, value + half)
    colour = MUTED if whole else part
    return Line(PARTS[part], density, value, low=low, high=high, colour=colour, markers=not whole, faint=whole)


def _note(found: Analysed) -> str:
    """At the sparsest density: `At 5.2% kept, of an effect of 0.31: weights 12%, mask 55%, layers 33%.`"""
    density, share = float(found.array("densities")[-1]), found.array("share")[:, -1]
    effect = float(found.array("contribution")[-1, -1])
    if replicates_of(found) < 2:
        return "One replicate: how much of an effect is chance, and what its parts are, can't be told."
    if not np.isfinite(share).all():
        return f"At {100 * density:.3g}% kept, the ticket is not better than random pruning beyond chance."
    parts = ", ".join(f"{name} {part:.0%}" for name, part in zip(PARTS[:-1], share[:-1], strict=True))
    return f"At {100 * density:.3g}% kept, of an effect of {effect:.3g}: {parts}."
