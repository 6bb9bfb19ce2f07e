"""What would be pruned next: the branch's criterion, and its threshold.

A finished round's threshold is journalled. A running round's is estimated from its frame: exactly
where the sample holds all weights, otherwise from the histogram.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sessions.branch_view import RoundView
from sessions.events import Frame, LeafShape, Pruned
from sessions.view import SessionView
from widgets.plots.figures.sample import Quantity, Sample, histogram_of, sample_of

_RANKED: dict[str, Quantity] = {"snr": "snr", "magnitude": "magnitude"}
"""The pruners that rank by something a frame knows."""


@dataclass(frozen=True)
class Criterion:
    """How a round's result is pruned, or was."""

    pruner: str
    scope: str
    lost: int
    """How many of the kept prunable weights go."""
    done: bool
    """Whether they are gone already."""
    threshold: float | None
    """The highest score that goes, of replicate 0; None if there is none, or each leaf has its own."""

    @property
    def quantity(self) -> Quantity | None:
        """What it ranks by; None if a frame doesn't know it."""
        return _RANKED.get(self.pruner)


def criterion_of(view: SessionView, branch: str, round_: RoundView, frame: Frame) -> Criterion:
    """What prunes a round's result in a branch, as it looks in a frame of that round."""
    owner = _pruning_branch(view, branch, round_.number)
    plan = view.branches[owner].plan
    pruned = next((event for event in reversed(round_.pruned) if event.branch == owner), None)
    pruner = pruned.pruner if pruned else str(plan["pruner"]["name"])
    ratio = 0.0 if pruner == "learned" else float(plan["pruning"]["ratio"])
    lost = round_.kept - pruned.kept if pruned else round(ratio * round_.kept)
    scope = _scope(plan, pruned)
    threshold = None
    if scope == "global" and pruner in _RANKED:
        settled = _settled(round_, frame, pruned, pruner, ratio)
        threshold = _estimated(frame, _RANKED[pruner], round_.kept, lost) if settled is None else settled
    return Criterion(pruner, scope, lost, pruned is not None, threshold)


def goes(criterion: Criterion, sample: Sample, leaves: list[LeafShape], kept: int) -> npt.NDArray[np.bool_] | None:
    """[n], which sampled weights are pruned next; None if a frame can't tell.

    Args:
        criterion: What prunes.
        sample: The weights.
        leaves: Of θ, for pruning leaf by leaf.
        kept: The prunable weights that the sample is drawn from.
    """
    score = sample.score(criterion.pruner)
    if score is None:
        return None
    if criterion.scope == "global":
        none: npt.NDArray[np.bool_] = np.zeros(score.size, bool)
        return none if criterion.threshold is None else score <= criterion.threshold
    return _lowest_of_each(score, _leaf_numbers(sample.indices, leaves), criterion.lost / kept) if leaves else None


def _pruning_branch(view: SessionView, branch: str, number: int) -> str:
    """Whose pruning of round `number` leads to the next round of a branch: its own, or an ancestor's."""
    current = view.branches[branch]
    while number + 1 < current.first_round and current.parent is not None:
        current = view.branches[current.parent]
    return current.name


def _scope(plan: dict[str, Any], pruned: Pruned | None) -> str:
    if pruned is not None and pruned.threshold:
        return "layer" if len(pruned.threshold[0]) > 1 else "global"
    return str(plan["pruning"].get("scope", "global"))


def _settled(round_: RoundView, frame: Frame, pruned: Pruned | None, pruner: str, ratio: float) -> float | None:
    """The journalled threshold, if the frame shows the round's end and the journal's ratio is this one."""
    finished = round_.finished
    if finished is None or frame.generation < finished.generations:
        return None
    if pruned is not None:
        return pruned.threshold[0][0] if pruned.threshold and len(pruned.threshold[0]) == 1 else None
    planned: dict[str, Any] = round_.plan.get("pruning", {})
    found = finished.thresholds.get(pruner) if planned.get("ratio") == ratio else None
    return found[0] if found else None


def _estimated(frame: Frame, quantity: Quantity, kept: int, lost: int) -> float | None:
    score = sample_of(frame).score(quantity)
    if score is None or not 0 < lost <= kept:
        return None
    if score.size >= kept:
        return float(np.partition(score, lost - 1)[lost - 1])
    histogram = histogram_of(frame, quantity)
    return None if histogram is None else histogram.quantile(lost - (kept - float(histogram.counts.sum())))


def _leaf_numbers(indices: npt.NDArray[np.int32], leaves: list[LeafShape]) -> npt.NDArray[np.intp]:
    ends = np.cumsum([int(np.prod(leaf.shape)) for leaf in leaves])
    return np.searchsorted(ends, indices, side="right")


def _lowest_of_each(
    score: npt.NDArray[np.float64], groups: npt.NDArray[np.intp], share: float
) -> npt.NDArray[np.bool_]:
    lowest = np.zeros(score.size, bool)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        order = members[np.argsort(score[members], kind="stable")]
        lowest[order[: round(share * members.size)]] = True
    return lowest
