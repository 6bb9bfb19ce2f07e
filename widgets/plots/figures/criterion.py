"""What would be pruned next: the branch's criterion, and its threshold.

A finished round's threshold is journalled. A running round's is estimated from its frame: exactly
where the sample holds all weights, otherwise from the histogram.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sessions.messages.events import Frame, LeafShape, Pruned
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.densities import Scope, parts, ratios_of, scope_of
from ticket_explorer.pruners import PRUNERS
from widgets.plots.figures.sample import Quantity, Sample, histogram_of, sample_of


@dataclass(frozen=True)
class Criterion:
    """How a round's result will be, or was, pruned."""

    pruner: str
    quantity: Quantity | None
    """The quantity that weights are ranked by; None if a frame doesn't have it."""
    scope: Scope
    lost: int
    """How many of the kept prunable weights are pruned."""
    done: bool
    """Whether they are pruned already."""
    threshold: float | None
    """The highest score that is pruned, of replicate 0; None if there is none, or each leaf or group has its own."""
    ratios: dict[str, float] = field(default_factory=dict)
    """The share of each leaf's kept weights that is pruned; empty if all leaves are pruned alike."""


def criterion_of(
    view: SessionView, branch: str, round_: RoundView, frame: Frame, by: Quantity | None = None
) -> Criterion:
    """The criterion that prunes a round's result in a branch, as seen in a frame of that round.

    Args:
        view: The session as its events tell it.
        branch: Whose result is pruned.
        round_: The round whose result it is.
        frame: What is seen of its weights.
        by: Another quantity to rank as many weights by, in the same scope; None is the branch's own pruner's.
    """
    owner = _pruning_branch(view, branch, round_.number)
    plan, leaves = view.branches[owner].plan, view.branches[owner].leaves
    pruned = next((event for event in reversed(round_.pruned) if event.branch == owner), None)
    pruner = pruned.pruner if pruned else str(plan["pruner"]["name"])
    is_learned = pruner in PRUNERS and PRUNERS[pruner].takes_learned
    ratio = 0.0 if is_learned else float(plan["pruning"]["ratio"])
    ratios = {} if is_learned else plan["pruning"].get("ratios", {})
    share = 1 - view.density_of(owner, round_.number + 1) / round_.density if ratios else ratio
    lost = round_.kept - pruned.kept if pruned else round(share * round_.kept)
    scope = _scope(plan, pruned, leaves)
    quantity, threshold = by or _ranks_by(pruner), None
    if scope == "global" and quantity is not None:
        own_pruning = pruned if quantity == _ranks_by(pruner) else None
        settled = _settled(round_, frame, own_pruning, quantity, lost)
        threshold = _estimated(frame, quantity, round_.kept, lost) if settled is None else settled
    own = ratios_of(ratio, ratios, leaves) if ratios else {}
    return Criterion(pruner, quantity, scope, lost, pruned is not None, threshold, own)


def goes(criterion: Criterion, sample: Sample, leaves: list[LeafShape], kept: int) -> npt.NDArray[np.bool_] | None:
    """[n], which sampled weights are pruned next; None if a frame can't tell.

    Args:
        criterion: How weights are pruned, and how many of them.
        sample: The n sampled weights.
        leaves: The leaves of θ, for pruning leaf by leaf.
        kept: The prunable weights that the sample is drawn from.
    """
    score = sample.score(criterion.quantity)
    if score is None:
        return None
    if criterion.scope == "global":
        none: npt.NDArray[np.bool_] = np.zeros(score.size, bool)
        return none if criterion.threshold is None else score <= criterion.threshold
    if not leaves:
        return None
    members = {leaf.name: number for number, leaf in enumerate(leaves)}
    numbers, share = _leaf_numbers(sample.indices, leaves), criterion.lost / kept
    groups = [
        (np.isin(numbers, [members[leaf.name] for leaf in part]), criterion.ratios.get(part[0].name, share))
        for part in parts(criterion.scope, leaves)
    ]
    return _lowest_of_each(score, groups)


def _ranks_by(pruner: str) -> Quantity | None:
    return PRUNERS[pruner].ranks_by if pruner in PRUNERS else None


def _pruning_branch(view: SessionView, branch: str, number: int) -> str:
    """The branch whose pruning of round `number` leads to a branch's next round: itself, or an ancestor."""
    current = view.branches[branch]
    while number + 1 < current.first_round and current.parent is not None:
        current = view.branches[current.parent]
    return current.name


def _scope(plan: dict[str, Any], pruned: Pruned | None, leaves: list[LeafShape]) -> Scope:
    pruning = plan["pruning"]
    planned = scope_of(pruning.get("scope", "global"), pruning.get("ratios", {}), leaves)
    if pruned is None or not pruned.threshold:
        return planned
    if len(pruned.threshold[0]) == 1:
        return "global"
    return "layer" if planned == "global" else planned


def _settled(round_: RoundView, frame: Frame, pruned: Pruned | None, quantity: Quantity, lost: int) -> float | None:
    """The journalled threshold, if the frame shows the round's end and it is the one of pruning so many weights."""
    finished = round_.finished
    if finished is None or frame.generation < finished.generations:
        return None
    if pruned is not None:
        return pruned.threshold[0][0] if pruned.threshold and len(pruned.threshold[0]) == 1 else None
    planned: dict[str, Any] = round_.plan.get("pruning", {})
    is_of_as_many = round(planned.get("ratio", 0.0) * round_.kept) == lost
    found = finished.thresholds.get(quantity) if is_of_as_many else None
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
    score: npt.NDArray[np.float64], groups: list[tuple[npt.NDArray[np.bool_], float]]
) -> npt.NDArray[np.bool_]:
    """Which scores are the lowest of their group, by the share of each group that is pruned."""
    lowest = np.zeros(score.size, bool)
    for group, share in groups:
        members = np.flatnonzero(group)
        order = members[np.argsort(score[members], kind="stable")]
        lowest[order[: round(share * members.size)]] = True
    return lowest
