"""Distributions of |θ|, σ and SNR over the kept prunable weights.

Lange & Sprekeler (2023) summarise weights in figure 11; the thresholds in their figure 7 can be read off these.
"""

from sessions.views.session_view import SessionView
from widgets.plots.figure import Axis, Bars, Figure, Rule
from widgets.plots.figures.criterion import criterion_of
from widgets.plots.figures.sample import Quantity, histogram_of
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES

QUANTITIES: tuple[Quantity, ...] = ("magnitude", "sigma", "snr")
_LABELS: dict[Quantity, str] = {"magnitude": "magnitude |θ|", "sigma": "σ", "snr": "SNR |θ| / σ"}


def distribution(view: SessionView, selection: Selection, quantity: Quantity) -> Figure:
    """How many weights of replicate 0 have which magnitude, σ or SNR, on a logarithmic axis.

    The threshold of the branch's pruner is a rule, if it ranks by this quantity.
    """
    title, x, y = f"{FIGURES['distribution'].title} · {selection.place_in(view)}", _axis(quantity), Axis("weights")
    branch, round_, frame = selection.branch_in(view), selection.round_in(view), selection.frame_in(view)
    if branch is None or round_ is None or frame is None:
        return Figure(title, x, y, note=selection.missing_in(view))
    title = f"{title}, generation {frame.generation}"
    histogram = histogram_of(frame, quantity)
    if histogram is None:
        return Figure(title, x, y, note=_why_not(quantity, frame.std is None))
    bars = Bars(_LABELS[quantity], histogram.edges, histogram.counts, colour_of(view, branch))
    criterion = criterion_of(view, branch, round_, frame)
    value = criterion.threshold if criterion.quantity == quantity else None
    rules = (Rule("threshold", value, "x"),) if value is not None and value > 0 else ()
    zeros = round_.kept - int(histogram.counts.sum())
    return Figure(title, x, y, (bars, *rules), f"{zeros} weights are exactly 0." if zeros > 0 else "")


def distributions(view: SessionView, selection: Selection) -> tuple[Figure, ...]:
    """The distributions of |θ|, σ and SNR, one figure for each."""
    return tuple(distribution(view, selection, quantity) for quantity in QUANTITIES)


def _axis(quantity: Quantity) -> Axis:
    return Axis(_LABELS[quantity], scale="log")


def _why_not(quantity: Quantity, has_no_std: bool) -> str:
    if quantity != "magnitude" and has_no_std:
        return "This trainer has no σ, so only the distribution of magnitudes is known."
    return "All values are 0."
