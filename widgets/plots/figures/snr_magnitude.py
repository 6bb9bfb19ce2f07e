"""SNR against magnitude: which weights each criterion would prune (Lange & Sprekeler 2023, figure 7, middle).

The paper's figure analyses both thresholds; this shows the same, weight by weight and live.
"""

import numpy as np
import numpy.typing as npt

from sessions.views.session_view import SessionView
from ticket_explorer.analysis.snr_magnitude import pearson
from widgets.plots.figure import MUTED, Axis, Figure, Mark, Points, Rule, Values
from widgets.plots.figures.criterion import Criterion, criterion_of, goes
from widgets.plots.figures.sample import Sample, sample_of
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES

_X = Axis("magnitude |θ|", scale="log")
_Y = Axis("SNR |θ| / σ", scale="log")


def snr_magnitude(view: SessionView, selection: Selection) -> Figure:
    """|θ| and |θ| / σ of a sample of the kept prunable weights of replicate 0, one point a weight.

    Weights that the branch's pruner removes next are muted. Its threshold is a rule: horizontal for
    SNR, vertical for magnitude. For pruners that rank by something else, all points are one group.
    """
    title = f"{FIGURES['snr_magnitude'].title} · {selection.place_in(view)}"
    branch, round_, frame = selection.branch_in(view), selection.round_in(view), selection.frame_in(view)
    if branch is None or round_ is None or frame is None:
        return Figure(title, _X, _Y, note=selection.missing_in(view))
    sample = sample_of(frame)
    if sample.snr is None:
        return Figure(title, _X, _Y, note="This trainer has no σ, so there is no SNR.")
    criterion = criterion_of(view, branch, round_, frame)
    pruned = goes(criterion, sample, view.branches[branch].leaves, round_.kept)
    points = _points(sample, sample.snr, pruned, criterion, colour_of(view, branch))
    title = f"{title}, generation {frame.generation}"
    return Figure(title, _X, _Y, (*points, *_threshold(criterion)), _note(sample, sample.snr, criterion))


def _points(
    sample: Sample, snr: Values, pruned: npt.NDArray[np.bool_] | None, criterion: Criterion, colour: int
) -> tuple[Mark, ...]:
    everything = np.ones(snr.size, bool)
    if pruned is None:
        return (_group("kept", sample, snr, everything, colour),)
    name = "pruned" if criterion.done else "pruned next"
    return _group(name, sample, snr, pruned, MUTED), _group("kept", sample, snr, ~pruned, colour)


def _group(name: str, sample: Sample, snr: Values, wanted: npt.NDArray[np.bool_], colour: int) -> Points:
    """The wanted points that a logarithmic axis can show."""
    x = sample.magnitude
    shown = wanted & (x > 0) & (snr > 0) & np.isfinite(x) & np.isfinite(snr)
    return Points(name, x[shown], snr[shown], colour, sample.indices[shown])


def _threshold(criterion: Criterion) -> tuple[Rule, ...]:
    if criterion.threshold is None or criterion.threshold <= 0:
        return ()
    return (Rule("threshold", criterion.threshold, "y" if criterion.quantity == "snr" else "x"),)


def _note(sample: Sample, snr: Values, criterion: Criterion) -> str:
    found = pearson(sample.magnitude, snr)
    words = [f"Pearson {'not defined' if found is None else f'{found:.2f}'} over {snr.size} weights."]
    if criterion.quantity is None:
        words.append(f"The pruner {criterion.pruner} ranks by neither axis.")
    elif criterion.scope != "global":
        whose = "layer" if criterion.scope == "layer" else "group of layers of one ratio"
        words.append(f"Each {whose} has its own threshold.")
    return " ".join(words)
