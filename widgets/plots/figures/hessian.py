"""Does σ mean curvature? 1/σ² against the Hessian's diagonal, how they agree round by round, and the eigenvalues.

SNR pruning rests on the premise that a search's σ carries the loss's curvature (Lange & Sprekeler 2023, section 2);
no figure of the paper shows it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from sessions.messages.events import Analysed
from sessions.reports.statistics import mean, standard_error
from sessions.views.session_view import SessionView
from widgets.plots.figure import Axis, Figure, Line, Points, Rule, Values
from widgets.plots.figures.curvature import analysis_of, nothing_yet
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES

_CURVATURE = Axis("curvature |∂²L/∂θ²|", scale="log")
_PRECISION = Axis("precision 1/σ²", scale="log")
_ROUND = Axis("round")
_CORRELATION = Axis("rank correlation", limits=(-1.0, 1.0))
_EIGENVALUE = Axis("eigenvalue", scale="log")
_SWITCH = "analysis.hessian = true"


def hessian(view: SessionView, selection: Selection) -> Figure:
    """1/σ² against the diagonal, a point a kept prunable weight of one replicate, the first that did not diverge.

    Weights of negative curvature are placed by its size, in a colour of their own; those that SNR pruning would keep
    next and magnitude pruning would not also have a colour of their own. If a round was not analysed, the last analysed
    one before it is shown, unless the round was asked for.
    """
    found, branch = analysis_of(view, selection, "hessian"), selection.branch_in(view)
    title = f"{FIGURES['hessian'].title} · {selection.place_in(view)}"
    if found is None or branch is None:
        return Figure(title, _CURVATURE, _PRECISION, note=nothing_yet("hessian", _SWITCH))
    title = f"{FIGURES['hessian'].title} · {branch}, round {found.round}, generation {found.generation}"
    weights = _weights_of(found)
    if not np.isfinite(weights.sigma).any():
        return Figure(title, _CURVATURE, _PRECISION, note="This trainer has no σ; see its curvature across rounds.")
    ratio = view.branches[branch].plan["pruning"]["ratio"]
    lit, negative, colour = weights.kept_by_snr_alone(ratio), weights.diagonal < 0, colour_of(view, branch)
    groups = (
        ("curvature above 0", ~negative & ~lit, colour),
        ("below 0", negative & ~lit, colour + 3),
        ("SNR keeps, magnitude drops", lit & ~negative, colour + 1),
        ("the same, below 0", lit & negative, colour + 2),
    )
    marks = tuple(
        _points(name, weights, wanted, shade, marked=number > 0)
        for number, (name, wanted, shade) in enumerate(groups)
        if wanted.any()
    )
    return Figure(title, _CURVATURE, _PRECISION, marks, _told(found, weights, int(lit.sum()), ratio))


def hessian_correlation(view: SessionView, selection: Selection) -> Figure:
    """Spearman's correlation of 1/σ² and the diagonal at the end of each round, a line a branch; means with errors."""
    title = FIGURES["hessian_correlation"].title
    lines = [_across(view, name, lambda found: found.array("spearman")[:, 0]) for name in selection.shown_in(view)]
    shown = tuple(line for line in lines if line is not None)
    if not shown:
        return Figure(title, _ROUND, _CORRELATION, note=nothing_yet("hessian", _SWITCH))
    return Figure(title, _ROUND, _CORRELATION, (Rule("", 0.0, "y"), *shown))


def eigenvalues(view: SessionView, selection: Selection) -> Figure:
    """The largest eigenvalue at the end of each round, a line a branch; faint, the next ones of one branch."""
    title, looked_at = FIGURES["eigenvalues"].title, selection.branch_in(view)
    lines: list[Line] = []
    for name in selection.shown_in(view):
        known = _known_eigenvalues(view, name)
        ranks = range(known if name == looked_at else min(known, 1))
        of_ranks = [_across(view, name, partial(_eigenvalue, rank), rank > 0) for rank in ranks]
        lines += [line for line in of_ranks if line is not None and (line.y > 0).any()]
    note = "" if lines else nothing_yet("hessian", _SWITCH)
    return Figure(title, _ROUND, _EIGENVALUE, tuple(lines), note)


@dataclass(frozen=True)
class _Weights:
    """The weights that an analysis lists one by one, of one replicate."""

    entries: npt.NDArray[np.int32]
    magnitude: Values
    sigma: Values
    diagonal: Values

    def kept_by_snr_alone(self, ratio: float) -> npt.NDArray[np.bool_]:
        """Which of the weights SNR pruning would keep and magnitude pruning would not."""
        lost = round(ratio * self.entries.size)
        by_snr, by_magnitude = np.zeros(self.entries.size, bool), np.zeros(self.entries.size, bool)
        by_snr[np.argsort(self.magnitude / self.sigma, kind="stable")[:lost]] = True
        by_magnitude[np.argsort(self.magnitude, kind="stable")[:lost]] = True
        return by_magnitude & ~by_snr


def _shown(found: Analysed) -> int:
    """The first replicate that has weights; one that diverged has none."""
    return int(np.isfinite(found.array("theta")).any(1).argmax())


def _weights_of(found: Analysed) -> _Weights:
    replicate = _shown(found)
    entries = found.array("entries")[replicate]
    there = np.isfinite(entries)
    theta, sigma, diagonal = (
        found.array(name)[replicate][there].astype(float) for name in ("theta", "sigma", "diagonal")
    )
    return _Weights(entries[there].astype(np.int32), np.abs(theta), sigma, diagonal)


def _points(name: str, weights: _Weights, wanted: npt.NDArray[np.bool_], colour: int, marked: bool) -> Points:
    """The wanted points that logarithmic axes can show."""
    shown = wanted & (weights.diagonal != 0) & (weights.sigma > 0)
    x, y = np.abs(weights.diagonal[shown]), weights.sigma[shown] ** -2.0
    return Points(name, x, y, colour, weights.entries[shown], marked)


def _told(found: Analysed, weights: _Weights, lit: int, ratio: float) -> str:
    spearman, reliability = (float(found.array(name)[_shown(found), 0]) for name in ("spearman", "reliability"))
    how = f"of {weights.entries.size:,} weights, by finite differences" if is_by_differences(found) else ""
    words = [f"Rank correlation {_number(spearman)}{', ' if how else ''}{how}."]
    if np.isfinite(reliability) and reliability < 0.995:
        words.append(f"That of the estimate with another one would be {reliability:.2f}.")
    negative, zero = int((weights.diagonal < 0).sum()), int((weights.diagonal == 0).sum())
    if negative:
        words.append(f"{negative:,} below 0.")
    if zero:
        words.append(f"{zero:,} at 0 are not shown.")
    words.append(f"At {ratio:.0%} pruned, SNR keeps {lit:,} that magnitude drops.")
    return " ".join(words)


def is_by_differences(found: Analysed) -> bool:
    """Whether an analysis of the Hessian used finite differences, for a sample of the weights."""
    return bool(np.isnan(found.array("trace")).all())


def _across(
    view: SessionView, branch: str, values_of: Callable[[Analysed], npt.NDArray[np.float32]], faint: bool = False
) -> Line | None:
    """The replicates' values at the end of each round of a branch; None if no round has any."""
    rows = []
    for round_ in view.lineage(branch):
        found = None if round_.finished is None else view.analysis("hessian", branch, round_.number)
        values = [] if found is None else [float(v) if np.isfinite(v) else None for v in values_of(found)]
        if (centre := mean(values)) is not None:
            rows.append((float(round_.number), centre, standard_error(values) or 0.0))
    if not rows:
        return None
    x, y, half = (np.array(column) for column in zip(*rows, strict=True))
    bars = (y - half, y + half) if half.any() and not faint else (None, None)
    name, colour = "" if faint else branch, colour_of(view, branch)
    return Line(name, x, y, low=bars[0], high=bars[1], colour=colour, markers=not faint, faint=faint)


def _known_eigenvalues(view: SessionView, branch: str) -> int:
    known = [view.analysis("hessian", branch, round_.number) for round_ in view.lineage(branch)]
    return max((found.array("eigenvalues").shape[1] for found in known if found is not None), default=0)


def _eigenvalue(rank: int, found: Analysed) -> npt.NDArray[np.float32]:
    values = found.array("eigenvalues")
    missing = np.full(len(values), np.nan, np.float32)
    return values[:, rank] if rank < values.shape[1] else missing


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "not defined"
