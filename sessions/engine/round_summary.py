"""What is reported at the end of a round: scores, correlations, thresholds and leaves, per replicate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from msgspec import structs

from sessions.messages.events import LeafSummary, RoundFinished
from sessions.specs.spec import Plan
from sessions.views.branch_view import RoundView
from ticket_explorer import masks
from ticket_explorer.analysis.snr import overlap
from ticket_explorer.analysis.snr_magnitude import Correlation, snr_magnitude_correlation, threshold
from ticket_explorer.criteria import snr
from ticket_explorer.densities import Density
from ticket_explorer.layout import Layout
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import LearnedScores, TrainingResult


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
        layout: The layout of the problem's weights.
        plan: Says what to compute.
        next_density: The density that the next round would be pruned to.
    """
    considered = arrays.mask & layout.prunable
    correlations = _correlations(arrays, considered) if plan.analysis.correlation else []
    kept_next = masks.kept_prunable(layout, next_density)
    return structs.replace(
        finished,
        pearson=[correlation.pearson for correlation in correlations],
        spearman=[correlation.spearman for correlation in correlations],
        thresholds=_thresholds(arrays, considered, kept_next),
        overlap=_overlaps(arrays, considered, kept_next) if plan.analysis.correlation else [],
        leaves={leaf.name: LeafSummary(density=float(arrays.mask[:, leaf.slice].mean())) for leaf in layout},
        kept=[int(kept) for kept in considered.sum(-1)],
    )


def check_masks(
    found: np.ndarray, trained: np.ndarray, round_: RoundView, plan: Plan, layout: Layout, older: bool = False
) -> None:
    """Check, before a round is sealed, that its result, its ticket and its journal agree.

    Args:
        found: The result's mask, bool [R, D].
        trained: The ticket's, bool [R, D].
        round_: As the journal has it.
        plan: The round's plan.
        layout: The layout of the weights.
        older: Whether an older session may have begun it, whose counts in the journal may differ from the ticket.
    """
    kept, rounding = trained[:, layout.prunable].sum(-1).mean(), (len(layout.prunable_leaves) + 1) / 2
    assert not (found & ~trained).any(), "a round's mask keeps weights that it did not train"
    assert plan.trainer.learns_mask or (found == trained).all(), "a trainer that learns no mask changed the mask"
    if older:
        return
    assert round(float(kept)) == round_.trained_kept, "the journal and the round differ in the number of weights"
    assert abs(round_.trained_density * layout.prunable_size - kept) <= rounding, "density and weights kept differ"


def survivors(beside: Any, ticket: Ticket, layout: Layout) -> list[int]:
    """Prunable weights that go on in each replicate if a learned mask is taken over; empty if they are the mask's."""
    if not isinstance(beside, LearnedScores):
        return []
    goes_on = np.asarray(beside.survivors(ticket.mask, jnp.asarray(layout.prunable)))
    return [int(kept) for kept in goes_on[:, layout.prunable].sum(-1)]


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
        criteria["snr"] = lambda r: snr(arrays.mean[r], std[r])
    lost = [max(int(kept.sum()) - kept_next, 0) for kept in considered]
    return {
        name: [_threshold(criterion(r)[considered[r]], count) for r, count in enumerate(lost)]
        for name, criterion in criteria.items()
    }


def _overlaps(arrays: Arrays, considered: np.ndarray, kept_next: int) -> list[float | None]:
    """How much of what SNR and magnitude pruning would remove is the same, of each replicate."""
    if arrays.std is None:
        return []
    return [
        overlap(snr(mean[kept], std[kept]), np.abs(mean[kept]), int(kept.sum()) - kept_next)
        for mean, std, kept in zip(arrays.mean, arrays.std, considered, strict=True)
    ]


def _threshold(score: np.ndarray, lost: int) -> float | None:
    """A threshold as it is journalled: None also if it is infinite, like the SNR of a weight whose σ is 0."""
    found = threshold(score, lost)
    return found if found is not None and np.isfinite(found) else None
