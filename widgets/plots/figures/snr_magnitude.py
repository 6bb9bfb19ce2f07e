"""SNR against magnitude: which weights each criterion would prune (Lange & Sprekeler 2023, figure 7, middle).

The paper's figure analyses both thresholds; this shows the same, weight by weight and live.
"""

import numpy as np
import numpy.typing as npt

from sessions.messages.events import Frame
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.snr_magnitude import pearson
from widgets.plots.figure import Axis, Figure, Mark, Points, Rule, Values
from widgets.plots.figures.criterion import Criterion, criterion_of
from widgets.plots.figures.quadrants import Quadrants, quadrants_of
from widgets.plots.figures.sample import Sample, sample_of
from widgets.plots.figures.selection import Selection, colour_of, percent
from widgets.plots.names import FIGURES

_X = Axis("magnitude |θ|", scale="log")
_Y = Axis("SNR |θ| / σ", scale="log")


def snr_magnitude(view: SessionView, selection: Selection) -> Figure:
    """|θ| and |θ| / σ of a sample of the kept prunable weights of replicate 0, one point a weight.

    Both cuts are rules: where pruning by SNR and by magnitude would cut, if each removed as many weights as the
    branch's next pruning does. They divide the weights into those that both prune, that both keep, and that only one
    of them prunes; each group's name says how many of the sample are in it.
    """
    title = f"{FIGURES['snr_magnitude'].title} · {selection.place_in(view)}"
    branch, round_, frame = selection.branch_in(view), selection.round_in(view), selection.frame_in(view)
    if branch is None or round_ is None or frame is None:
        return Figure(title, _X, _Y, note=selection.missing_in(view))
    sample = sample_of(frame)
    if sample.snr is None:
        return Figure(title, _X, _Y, note="This trainer has no σ, so there is no SNR.")
    title = f"{title}, generation {frame.generation}"
    marks, words = _divided(view, branch, round_, frame, sample)
    return Figure(title, _X, _Y, marks, " ".join([_told_correlation(sample, sample.snr), *words]))


def _divided(
    view: SessionView, branch: str, round_: RoundView, frame: Frame, sample: Sample
) -> tuple[tuple[Mark, ...], list[str]]:
    """The points in their groups and the cuts, and what is to be said of them."""
    assert sample.snr is not None
    quadrants = quadrants_of(view, branch, round_, frame)
    if quadrants is None:
        everything = _points("kept", sample, np.ones(sample.magnitude.size, bool), colour_of(view, branch))
        return (everything,), [_told_pruner(criterion_of(view, branch, round_, frame))]
    points = [
        _points(group.name, sample, group.where, group.colour, marked=group.differs) for group in quadrants.groups
    ]
    by_snr, by_magnitude = (cut.threshold for cut in quadrants.cuts)
    rules = []
    if by_snr is not None and by_snr > 0:
        rules.append(Rule("SNR cut", by_snr, "y"))
    if by_magnitude is not None and by_magnitude > 0:
        rules.append(Rule("magnitude cut", by_magnitude, "x"))
    return (*points, *rules), _told(quadrants, criterion_of(view, branch, round_, frame))


def _points(name: str, sample: Sample, wanted: npt.NDArray[np.bool_], colour: int, marked: bool = False) -> Points:
    """The wanted points that a logarithmic axis can show."""
    x, y = sample.magnitude, sample.snr
    assert y is not None
    shown = wanted & (x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)
    return Points(name, x[shown], y[shown], colour, sample.indices[shown], marked)


def _told_correlation(sample: Sample, snr: Values) -> str:
    found = pearson(sample.magnitude, snr)
    return f"Pearson {'not defined' if found is None else f'{found:.2f}'} over {snr.size} weights."


def _told(quadrants: Quadrants, own: Criterion) -> list[str]:
    words = [] if quadrants.overlap is None else [f"Of what either prunes, both prune {percent(quadrants.overlap)}."]
    if own.scope != "global":
        whose = "layer" if own.scope == "layer" else "group of layers of one ratio"
        words.append(f"Each {whose} has its own cuts.")
    return [*words, _told_pruner(own)]


def _told_pruner(own: Criterion) -> str:
    """By what the branch itself prunes."""
    if own.quantity is None:
        return f"The pruner {own.pruner} ranks by neither axis."
    name = "SNR" if own.quantity == "snr" else "magnitude"
    return f"Pruned by {name}." if own.done else f"Pruned next by {name}."
