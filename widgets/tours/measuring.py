"""What a tour's claims come out as, computed on the session as it is now."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.tours.tour import Claim, Measure, Question

Mark = Literal["✓", "✗", "·"]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """A measure's outcome."""

    value: float
    """The mean over replicates."""
    half: float
    """Half the width of its 95% interval, by Student's t; NaN for a single replicate."""
    density: float
    """Of the round, in [0, 1]."""
    round: int


def measured(view: SessionView, measure: Measure) -> Measured | None:
    """A measure's mean and interval; None if the session has not come so far, or has no such branch."""
    names = [name for name in (measure.branch, measure.minus) if name]
    if any(name not in view.branches for name in names):
        return None
    number = min(_last(view, name) for name in names) if measure.round < 0 else measure.round
    values = _values(view, measure, measure.branch, number)
    if measure.minus or measure.minus_round is not None:
        other = number if measure.minus_round is None else measure.minus_round
        taken = _values(view, measure, measure.minus or measure.branch, other)
        if values is None or taken is None or len(values) != len(taken):
            return None
        values = values - taken
    if values is None or not len(values := values[np.isfinite(values)]):
        return None
    round_ = view.round(measure.branch, number)
    return Measured(float(values.mean()), _half(values), round_.density if round_ is not None else np.nan, number)


def told(view: SessionView, claim: Claim) -> tuple[Mark, str] | None:
    """A claim with the session's numbers, and whether it holds there; None if it can't be said yet."""
    found = measured(view, claim.of)
    if found is None:
        return None
    half = "?" if np.isnan(found.half) else f"{found.half:.3f}"
    text = claim.text.format(value=found.value, half=half, density=found.density, round=found.round)
    if claim.holds == "told":
        return "·", text
    if claim.holds == "certain" and np.isnan(found.half):
        return "·", f"{text} (one replicate can't tell it from luck)"
    holds = {
        "certain": found.value > found.half,
        "near": abs(found.value) < claim.than,
        "above": found.value > claim.than,
        "below": found.value < claim.than,
    }
    return ("✓" if holds[claim.holds] else "✗"), text


def right_choice(view: SessionView, question: Question) -> str | None:
    """The answer whose measure came out largest; None if that isn't known yet, or the question has none."""
    found = {one.text: measured(view, one.value) if one.value is not None else None for one in question.choices}
    known = {text: one.value for text, one in found.items() if one is not None}
    return max(known, key=known.__getitem__) if known and len(known) == len(found) else None


def _last(view: SessionView, branch: str) -> int:
    return max((round_.number for round_ in view.lineage(branch) if round_.finished), default=0)


def _half(values: Values) -> float:
    if len(values) < 2:
        return float("nan")
    from scipy.special import stdtrit  # the quantile of Student's t

    return float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values)))


def _values(view: SessionView, measure: Measure, branch: str, number: int) -> Values | None:
    """A number for each replicate."""
    round_ = view.round(branch, number)
    if round_ is None or round_.finished is None:
        return None
    match measure.quantity:
        case "score":
            return _numbers(round_.finished.score)
        case "correlation":
            return _numbers(round_.finished.pearson)
        case "density":
            return np.array([round_.density])
        case "layer":
            return np.array([_layer(round_, measure.leaf)])
        case "sharpness":
            return _analysed(view, "curvature", "sharpness", branch, number)
        case "spearman" | "reliability":
            return _analysed(view, "hessian", measure.quantity, branch, number)


def _numbers(values: "list[float | None] | list[float]") -> Values:
    return np.array([np.nan if value is None else value for value in values], float)


def _layer(round_: RoundView, leaf: str) -> float:
    return round_.densities.get(leaf, round_.trained_density)


def _analysed(view: SessionView, kind: str, array: str, branch: str, number: int) -> Values | None:
    found = view.analysis(kind, branch, number)
    if found is None:
        return None
    values = found.array(array).astype(float)
    return np.asarray(values.mean(-1) if array == "sharpness" else values[:, 0])
