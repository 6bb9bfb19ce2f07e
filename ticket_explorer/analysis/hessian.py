"""Does σ mean curvature? The Hessian's diagonal against 1/σ², its trace and its leading eigenvalues.

SNR pruning rests on the premise that a search's σ carries the loss's curvature (Lange & Sprekeler 2023, section 2).
Of a task with a loss the diagonal comes from products with the Hessian (`hutchinson.py`), eigenvalues from Lanczos's
method (`lanczos.py`); of a control task, which has no gradient, the diagonal of a sample of the weights comes from
finite differences (`differences.py`).

An estimate of the diagonal has errors of its own, which draw its correlation with anything else towards zero. How far,
`reliability` tells: the rank correlation of the estimates by either half of the vectors, stepped up to the whole by
the formula of Spearman (1910) and Brown (1910), 2r / (1 + r).
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Array, Bool, Float
from numpy.typing import ArrayLike

from ticket_explorer.analysis import differences
from ticket_explorer.analysis.analysis import Points, Seen, Subject
from ticket_explorer.analysis.settings import Hessian as Settings
from ticket_explorer.analysis.snr import overlap
from ticket_explorer.analysis.snr_magnitude import rank_correlation
from ticket_explorer.analysis.spectrum import Wanted
from ticket_explorer.layout import Layout


@dataclass(frozen=True)
class HessianResult:
    """Of R replicates, n of whose kept prunable weights are told one by one, and K leading eigenvalues.

    The axis S has all of θ first, then each leaf. NaN where a number is not defined.
    """

    entries: Float[np.ndarray, "R n"]
    """Where in θ each weight is, ascending."""
    theta: Float[np.ndarray, "R n"]
    sigma: Float[np.ndarray, "R n"]
    diagonal: Float[np.ndarray, "R n"]
    """∂²L/∂θ_i²."""
    diagonal_error: Float[np.ndarray, "R n"]
    """Standard errors."""
    spearman: Float[np.ndarray, "R S"]
    """Rank correlation of 1/σ² and the diagonal, over the kept prunable weights of all leaves and the kept entries of
    each."""
    reliability: Float[np.ndarray, "R S"]
    """What the rank correlation of the estimate with another such estimate would be; 1 is no error."""
    trace: Float[np.ndarray, "R S"]
    """Over all kept entries; NaN where the diagonal is of a sample."""
    trace_error: Float[np.ndarray, "R S"]
    overlap: Float[np.ndarray, "R 3"]
    """Of what two pruners would remove, Jaccard's, in [0, 1], where the diagonal is known: those of `PAIRS`."""
    eigenvalues: Float[np.ndarray, "R K"]
    """The largest first."""
    eigenvalue_error: Float[np.ndarray, "R K"]
    """How far an eigenvalue may be from each."""
    lowest: Float[np.ndarray, "R one"]
    """The lowest eigenvalue that was found."""
    eigenvectors: Float[np.ndarray, "R K n"]
    """What they have of the weights that are told one by one."""


@dataclass(frozen=True)
class _Estimate:
    """Of the diagonal of one replicate, as vectors of θ's entries."""

    known: Bool[np.ndarray, " D"]
    """Where it was taken."""
    values: Float[np.ndarray, " D"]
    errors: Float[np.ndarray, " D"]
    halves: Float[np.ndarray, "2 D"]


class Hessian:
    """The Hessian at a round's weights."""

    def __init__(self, settings: Settings):
        self.settings = settings

    def wanted(self, has_loss: bool) -> Wanted | None:
        """Eigenvalues and the diagonal; nothing where there is no loss, and points are evaluated instead."""
        given = self.settings
        return Wanted(given.steps, given.eigenvalues, given.vectors, given.split, given.examples) if has_loss else None

    def points(self, keys: Array, subject: Subject) -> Points | None:
        """Those of finite differences, where there were no products.

        Raises:
            InvalidValue: if they are too many.
        """
        return None if subject.curved is not None else differences.points(subject, *self._differing)

    def result(self, subject: Subject, seen: Seen) -> HessianResult:
        """What products or points came to."""
        estimates = _estimates(subject, seen, self._differing)
        return _joined([self._of_replicate(subject, one, number) for number, one in enumerate(estimates)])

    @property
    def _differing(self) -> tuple[int, float, int]:
        return self.settings.weights, self.settings.step, self.settings.draws

    def _of_replicate(self, subject: Subject, one: _Estimate, number: int) -> HessianResult:
        centre, curved, layout = subject.centre, subject.curved, subject.layout
        theta = centre.mean[number]
        sigma = np.full_like(theta, np.nan) if centre.std is None else centre.std[number]
        told = differences.drawn(one.known & layout.prunable, self.settings.keep)
        groups = [one.known & layout.prunable, *(one.known & _within(leaf.slice, layout) for leaf in layout)]
        nothing = np.full(len(groups), np.nan)
        leading = None if curved is None else curved.leading[number]
        diagonal = None if curved is None else curved.diagonals[number]
        return HessianResult(
            entries=_row(told),
            theta=_row(theta[told]),
            sigma=_row(sigma[told]),
            diagonal=_row(one.values[told]),
            diagonal_error=_row(one.errors[told]),
            spearman=_row([_spearman(one.values, sigma, group) for group in groups]),
            reliability=_row([_reliability(one.halves, group) for group in groups]),
            trace=_row(nothing if diagonal is None else diagonal.traces),
            trace_error=_row(nothing if diagonal is None else diagonal.trace_errors),
            overlap=_row(_overlaps(theta, sigma, one.values, groups[0], self.settings.ratio)),
            eigenvalues=_row([] if leading is None else leading.values),
            eigenvalue_error=_row([] if leading is None else leading.errors),
            lowest=_row([np.nan if leading is None else leading.lowest]),
            eigenvectors=_row(np.zeros((0, told.size)) if leading is None else leading.vectors[:, told]),
        )


def _estimates(subject: Subject, seen: Seen, differing: tuple[int, float, int]) -> list[_Estimate]:
    masks = subject.centre.mask
    if subject.curved is not None:
        found = zip(masks, subject.curved.diagonals, strict=True)
        return [_Estimate(mask, one.values, one.errors, one.halves) for mask, one in found]
    size, made = subject.layout.size, []
    for one in differences.found(subject, seen, *differing):
        known, halves = np.zeros(size, bool), np.full((2, size), np.nan)
        values, errors = np.full(size, np.nan), np.full(size, np.nan)
        known[one.entries], halves[:, one.entries] = True, one.halves
        values[one.entries], errors[one.entries] = one.values, one.errors
        made.append(_Estimate(known, values, errors, halves))
    return made


def _within(part: slice, layout: Layout) -> Bool[np.ndarray, " D"]:
    inside = np.zeros(layout.size, bool)
    inside[part] = True
    return inside


def _spearman(diagonal: np.ndarray, sigma: np.ndarray, group: Bool[np.ndarray, " D"]) -> float:
    """Of 1/σ² and the diagonal; ranks of 1/σ² are those of −σ."""
    return _defined(rank_correlation(-sigma[group], diagonal[group]))


def _reliability(halves: Float[np.ndarray, "2 D"], group: Bool[np.ndarray, " D"]) -> float:
    half = _defined(rank_correlation(*halves[:, group]))
    return 2 * half / (1 + half) if half > -1 else np.nan


def _overlaps(
    theta: np.ndarray, sigma: np.ndarray, diagonal: np.ndarray, group: Bool[np.ndarray, " D"], ratio: float
) -> list[float]:
    lost = round(ratio * int(group.sum()))
    magnitude = np.abs(theta[group])
    damage = 0.5 * magnitude**2 * diagonal[group]
    snr = magnitude / sigma[group] if np.isfinite(sigma[group]).all() else None
    pairs = ((snr, damage), (magnitude, damage), (snr, magnitude))
    return [_defined(overlap(one, other, lost) if one is not None else None) for one, other in pairs]


def _defined(value: float | None) -> float:
    return np.nan if value is None else value


def _row(values: ArrayLike) -> Float[np.ndarray, "1 ..."]:
    return np.asarray(values, np.float32)[None]


def _joined(replicates: list[HessianResult]) -> HessianResult:
    """One after another; where they tell of more or fewer weights, NaN fills the shorter ones up."""

    def join(name: str) -> np.ndarray:
        arrays = [getattr(one, name) for one in replicates]
        longest = max(array.shape[-1] for array in arrays)
        widths = [[(0, 0)] * (array.ndim - 1) + [(0, longest - array.shape[-1])] for array in arrays]
        filled = [np.pad(a, w, constant_values=np.nan) for a, w in zip(arrays, widths, strict=True)]
        return np.concatenate(filled)

    return HessianResult(**{field.name: join(field.name) for field in fields(HessianResult)})
