"""How much of what SNR and magnitude pruning would remove is the same, round by round.

Lange & Sprekeler (2023) show the criteria's correlation in figure 7, bottom; this is what follows from it for pruning.
"""

import numpy as np

from sessions.reports.statistics import mean, standard_error
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.plots.figure import Axis, Figure, Line, Rule
from widgets.plots.figures.curvature import nothing_yet
from widgets.plots.figures.quadrants import quadrants_of
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES

_X = Axis("round")
_Y = Axis("share of what either prunes", percent=True, limits=(0.0, 1.0))


def overlap(view: SessionView, selection: Selection) -> Figure:
    """The Jaccard overlap of the weights that each criterion would remove at the end of a round, a line a branch.

    Means over replicates with standard errors. At 100% both prune the same weights. The lower rule is what two
    choices at random would share, if all branches prune the same ratio. Rounds whose overlap was not journalled have
    that of the last analysis `snr`, or else that of the sample of weights that their frames show.
    """
    title, shown = FIGURES["overlap"].title, selection.shown_in(view)
    lines = [line for name in shown if (line := _line(view, name)) is not None]
    if not lines:
        return Figure(title, _X, _Y, note=_why_not(view, shown))
    is_sampled = any(_journalled(view, line.name, one) == [] for line in lines for one in view.lineage(line.name))
    note = "Some rounds: of a sample of weights; an analysis of snr counts all." if is_sampled else ""
    return Figure(title, _X, _Y, (*lines, *_chance(view, [line.name for line in lines])), note)


def _line(view: SessionView, branch: str) -> Line | None:
    rows = []
    for round_ in view.lineage(branch):
        values = _values(view, branch, round_)
        if (centre := mean(values)) is not None:
            rows.append((float(round_.number), centre, standard_error(values)))
    if not rows:
        return None
    x, y = (np.array(column, float) for column in list(zip(*rows, strict=True))[:2])
    half = None if all(error is None for *_, error in rows) else np.array([error or 0.0 for *_, error in rows])
    low, high = (None, None) if half is None else (np.maximum(y - half, 0.0), np.minimum(y + half, 1.0))
    return Line(branch, x, y, low=low, high=high, colour=colour_of(view, branch), markers=True)


def _values(view: SessionView, branch: str, round_: RoundView) -> list[float | None]:
    """Of each replicate; empty if the round isn't finished or nothing is known."""
    if round_.finished is None:
        return []
    known = _journalled(view, branch, round_)
    if known or not round_.frames or round_.frames[-1].std is None:
        return known or []
    quadrants = quadrants_of(view, branch, round_, round_.frames[-1])
    return [] if quadrants is None else [quadrants.overlap]


def _journalled(view: SessionView, branch: str, round_: RoundView) -> list[float | None] | None:
    """What the round or an analysis says of all weights; empty if neither does, None if the round isn't finished."""
    if round_.finished is None:
        return None
    if round_.finished.overlap:
        return round_.finished.overlap
    for found in reversed(view.analyses):
        if found.kind == "snr" and found.branch == branch and round_.number in found.array("rounds"):
            place = int((found.array("rounds") == round_.number).argmax())
            return [float(value) if np.isfinite(value) else None for value in found.array("overlap")[:, place]]
    return []


def _chance(view: SessionView, branches: list[str]) -> tuple[Rule, ...]:
    """What two sets of a share p of the weights share by chance: p² of all, of 2p − p² in either."""
    ratios = {view.branches[name].plan["pruning"].get("ratio") for name in branches}
    if len(ratios) != 1 or (ratio := ratios.pop()) is None:
        return ()
    return (Rule("by chance", float(ratio) / (2 - float(ratio)), "y"),)


def _why_not(view: SessionView, shown: list[str]) -> str:
    if any(round_.finished for name in shown for round_ in view.lineage(name)):
        return nothing_yet("snr", "analysis.correlation = true") + " It needs a trainer with a σ for each weight."
    return "The first value comes when the first round is finished."
