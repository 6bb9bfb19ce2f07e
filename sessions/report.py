"""A session as a table that scripts read: what `run --json` and `show --json` print.

A value that has no meaning in its place is null, never NaN.
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from sessions.branch_view import BranchView, RoundView
from sessions.header import Header
from sessions.passes import forward_passes
from sessions.view import SessionView


def report(path: Path, header: Header, view: SessionView) -> dict[str, Any]:
    """The contracted JSON of a session."""
    return {
        "session": str(path),
        "schema": header.schema,
        "spec": header.spec,
        "state": view.state,
        "branches": [_branch(view, branch) for branch in view.branches.values()],
    }


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of the values that have a meaning; None if none has."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def standard_error(values: Sequence[float | None]) -> float | None:
    """Of the mean, s/√n over the values that have a meaning; None for fewer than two."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    centre = fmean(known)
    variance = sum((value - centre) ** 2 for value in known) / (len(known) - 1)
    return float((variance / len(known)) ** 0.5)


def _branch(view: SessionView, branch: BranchView) -> dict[str, Any]:
    return {
        "name": branch.name,
        "parent": None if branch.parent is None else f"{branch.parent}:{branch.parent_round}",
        "trainer": branch.plan["trainer"],
        "pruner": branch.plan["pruner"]["name"],
        "rewind": branch.plan["rewind"]["name"],
        "rounds": [_round(view, branch, round_) for round_ in view.lineage(branch.name) if round_.finished],
    }


def _round(view: SessionView, branch: BranchView, round_: RoundView) -> dict[str, Any]:
    finished = round_.finished
    assert finished is not None
    return {
        "round": round_.number,
        "trained_by": round_.branch,
        "density": round_.density,
        "kept": round_.kept,
        "generations": finished.generations,
        "forward_passes": forward_passes(round_),
        "score": mean(finished.score),
        "score_by_replicate": finished.score,
        "fitness": mean(finished.fitness),
        "threshold": _threshold(view, branch, round_),
        "snr_magnitude_correlation": mean(finished.pearson),
        "snr_magnitude_rank_correlation": mean(finished.spearman),
        "layers": {name: leaf.density for name, leaf in finished.leaves.items()},
        "seconds": finished.seconds,
    }


def _threshold(view: SessionView, branch: BranchView, round_: RoundView) -> float | None:
    """The highest score pruned from a round's result on the way to this branch's next round, the mean over replicates.

    None while it isn't pruned, and where each leaf has its own threshold.
    """
    while branch.parent is not None and branch.parent_round is not None and round_.number < branch.parent_round:
        branch = view.branches[branch.parent]
    pruned = [event for event in round_.pruned if event.branch == branch.name]
    if not pruned or any(len(row) != 1 for row in pruned[-1].threshold):
        return None
    return mean([row[0] for row in pruned[-1].threshold])
