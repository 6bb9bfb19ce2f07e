"""A session as a table that scripts read: what `run --json` and `show --json` print.

A value that has no meaning in its place is null, never NaN.
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from sessions.reports.learning import Point, learning_curve, needed, solved_at
from sessions.reports.passes import environment_steps, forward_passes
from sessions.reports.statistics import mean
from sessions.views.branch_view import BranchView, RoundView
from sessions.views.failures import failure
from sessions.views.reading import Header
from sessions.views.session_view import SessionView


def report(path: Path, header: Header, view: SessionView, target: float | None = None) -> dict[str, Any]:
    """A session as JSON, in the format that docs/cli.md promises.

    Args:
        path: The session's directory.
        header: What was fixed when the session was created.
        view: What has happened in it.
        target: The score to report the cost of reaching; None: the score that its environment's makers call solved.
    """
    target = solved_at(view) if target is None else target
    return {
        "session": str(path),
        "schema": header.schema,
        "spec": header.spec,
        "state": view.state,
        "why": view.message or None,
        "branches": [_branch(view, branch, target) for branch in view.branches.values()],
    }


def densities(round_: RoundView) -> dict[str, float | int]:
    """How many weights are kept, and their density: for the mask that the score is measured with, and as trained.

    These differ if masks are learned. Means over replicates.
    """
    return {
        "density": _share(round_.kept, round_, round_.density),
        "kept": round_.kept,
        "trained_density": _share(round_.trained_kept, round_, round_.trained_density),
        "trained_kept": round_.trained_kept,
    }


def _share(kept: int, round_: RoundView, told: float) -> float:
    return kept / round_.prunable if round_.prunable else told


def _branch(view: SessionView, branch: BranchView, target: float | None) -> dict[str, Any]:
    return {
        "name": branch.name,
        "parent": None if branch.parent is None else f"{branch.parent}:{branch.parent_round}",
        "trainer": branch.plan["trainer"],
        "pruner": branch.plan["pruner"]["name"],
        "rewind": branch.plan["rewind"]["name"],
        "failed": failure(view, branch),
        "rounds": [_round(view, branch, round_, target) for round_ in view.lineage(branch.name) if round_.finished],
    }


def _round(view: SessionView, branch: BranchView, round_: RoundView, target: float | None) -> dict[str, Any]:
    finished = round_.finished
    assert finished is not None
    return {
        "round": round_.number,
        "trained_by": round_.branch,
        **densities(round_),
        "generations": finished.generations,
        "forward_passes": forward_passes(round_),
        "environment_steps": _whole_mean(environment_steps(round_)),
        "environment_steps_by_replicate": environment_steps(round_),
        "score": mean(finished.score),
        "score_by_replicate": finished.score,
        "scores": [_point(point) for point in learning_curve(round_)] if round_.scored else [],
        "to_reach": None if target is None else needed(round_, target),
        "fitness": mean(finished.fitness),
        "threshold": _threshold(view, branch, round_),
        "snr_magnitude_correlation": mean(finished.pearson),
        "snr_magnitude_rank_correlation": mean(finished.spearman),
        "layers": {name: leaf.density for name, leaf in finished.leaves.items()},
        "seconds": finished.seconds,
    }


def _point(point: Point) -> dict[str, Any]:
    """The place of a score, and the mean and the values of its replicates."""
    return {
        "generation": point.generation,
        "environment_steps": _whole_mean(point.environment_steps),
        "environment_steps_by_replicate": point.environment_steps,
        "forward_passes": point.forward_passes,
        "score": mean(point.score),
        "score_by_replicate": point.score,
    }


def _whole_mean(counts: Sequence[int] | None) -> int | None:
    return None if counts is None else round(fmean(counts))


def _threshold(view: SessionView, branch: BranchView, round_: RoundView) -> float | None:
    """The highest score pruned from a round's result before this branch's next round, the mean over replicates.

    None until it is pruned, and if each leaf has its own threshold.
    """
    while branch.parent is not None and branch.parent_round is not None and round_.number < branch.parent_round:
        branch = view.branches[branch.parent]
    pruned = [event for event in round_.pruned if event.branch == branch.name]
    if not pruned or any(len(row) != 1 for row in pruned[-1].threshold):
        return None
    return mean([row[0] for row in pruned[-1].threshold])
