"""What the end of a round tells: scores, correlations, thresholds and leaves, per replicate."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sessions.events import LeafSummary, RoundFinished
from sessions.spec import Plan
from ticket_explorer import masks
from ticket_explorer.analysis.snr_magnitude import Correlation, snr_magnitude_correlation, threshold
from ticket_explorer.densities import Density
from ticket_explorer.layout import Layout
from ticket_explorer.trainers.trainer import TrainingResult


@dataclass(frozen=True)
class Arrays:
    """A round's result on the host, [R, D]."""

    mean: np.ndarray
    std: np.ndarray | None
    mask: np.ndarray

    @classmethod
    def of(cls, result: TrainingResult) -> "Arrays":
        """Waits for the device."""
        std = None if result.std is None else np.asarray(result.std)
        return cls(np.asarray(result.mean), std, np.asarray(result.mask))


def summarise(
    finished: RoundFinished, arrays: Arrays, layout: Layout, plan: Plan, next_density: Density
) -> RoundFinished:
    """`finished` with everything filled in that follows from the result's arrays.

    Args:
        finished: Branch, round, generations, scores, fitness and seconds.
        arrays: What the round found.
        layout: Of the problem.
        plan: What is asked for.
        next_density: What the next round would be pruned to.
    """
    considered = arrays.mask & layout.prunable
    correlations = _correlations(arrays, considered) if plan.analysis.correlation else []
    return RoundFinished(
        at=finished.at,
        branch=finished.branch,
        round=finished.round,
        generations=finished.generations,
        score=finished.score,
        fitness=finished.fitness,
        seconds=finished.seconds,
        pearson=[correlation.pearson for correlation in correlations],
        spearman=[correlation.spearman for correlation in correlations],
        thresholds=_thresholds(arrays, considered, masks.kept_prunable(layout, next_density)),
        leaves={leaf.name: _leaf(arrays, leaf.slice) for leaf in layout},
        kept=[int(kept) for kept in considered.sum(-1)],
    )


def finite(values: np.ndarray) -> list[float | None]:
    """Numbers as they are journalled: NaN and infinities have no meaning there and become None."""
    return [float(value) if np.isfinite(value) else None for value in values]


def _correlations(arrays: Arrays, considered: np.ndarray) -> list[Correlation]:
    if arrays.std is None:
        return []
    return [
        snr_magnitude_correlation(mean, std, kept)
        for mean, std, kept in zip(arrays.mean, arrays.std, considered, strict=True)
    ]


def _thresholds(arrays: Arrays, considered: np.ndarray, kept_next: int) -> dict[str, list[float | None]]:
    criteria: dict[str, Callable[[int], np.ndarray]] = {"magnitude": lambda r: np.abs(arrays.mean[r])}
    if (std := arrays.std) is not None:
        criteria["snr"] = lambda r: np.abs(arrays.mean[r]) / np.where(std[r] > 0, std[r], 1.0)
    return {
        name: [
            threshold(criterion(r)[considered[r]], max(int(considered[r].sum()) - kept_next, 0))
            for r in range(considered.shape[0])
        ]
        for name, criterion in criteria.items()
    }


def _leaf(arrays: Arrays, where: slice) -> LeafSummary:
    mask = arrays.mask[:, where]
    magnitude = np.abs(arrays.mean[:, where])[mask]
    return LeafSummary(
        density=float(mask.mean()),
        mean_magnitude=float(magnitude.mean()) if magnitude.size else None,
        mean_std=float(arrays.std[:, where][mask].mean()) if arrays.std is not None and magnitude.size else None,
    )
