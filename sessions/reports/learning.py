"""Scores against their cost: how a round's score rises while it trains, and what reaching a score cost.

No JAX is imported here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sessions.reports.passes import passes_by
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control.settings import ControlSettings


@dataclass(frozen=True)
class Point:
    """A round after some generations; the score has one value for each replicate."""

    generation: int
    score: list[float | None]
    environment_steps: list[int] | None
    """Environment steps up to then, in this round; None if no policy acts, or an early version did not count them."""
    forward_passes: int | None
    """Forward passes up to then, in this round, for each replicate; None for control tasks."""


def learning_curve(round_: RoundView) -> list[Point]:
    """Every score of a round, in order, including the one at its end."""
    scores = sorted(scores_by_generation(round_).items())
    return [Point(g, score, round_.steps_by(g), passes_by(round_, g)) for g, score in scores]


def scores_by_generation(round_: RoundView) -> dict[int, list[float | None]]:
    """The scores of a round, its last one included, by the generations that were done; replicates by the score."""
    scores = {event.generation: event.score for event in round_.scored}
    if round_.finished is not None:
        scores[round_.finished.generations] = round_.finished.score
    return scores


def solved_at(view: SessionView) -> float | None:
    """The score at which its environment's makers call a session's task solved; None if there is no such score."""
    names = {branch.plan.get("task", {}).get("name", "") for branch in view.branches.values()}
    task = TASKS.get(names.pop()) if len(names) == 1 else None
    return task.solved_at if task is not None and issubclass(task, ControlSettings) else None


def reached(round_: RoundView, target: float) -> list[Point | None]:
    """The first point of each replicate's curve that reaches the target; None if none does."""
    curve = learning_curve(round_)
    replicates = len(curve[0].score) if curve else 0
    return [next((p for p in curve if _is_there(p.score[r], target)), None) for r in range(replicates)]


def needed_rows(views: Mapping[str, SessionView], target: float) -> Iterator[dict[str, Any]]:
    """What every finished round of some sessions needed to reach a score, per replicate; None if it did not."""
    for session, view in views.items():
        for branch in view.branches:
            for round_ in view.lineage(branch):
                if round_.finished is not None:
                    place = {"session": session, "branch": branch, "round": round_.number, "density": round_.density}
                    yield {**place, **needed(round_, target)}


def needed(round_: RoundView, target: float) -> dict[str, Any]:
    """What a round needed to reach a score, per replicate; None if it did not, or if its cost isn't known."""
    points = reached(round_, target)
    return {
        "target": target,
        "generations": [p and p.generation for p in points],
        "environment_steps": [
            p.environment_steps[r] if p is not None and p.environment_steps is not None else None
            for r, p in enumerate(points)
        ],
        "forward_passes": [p and p.forward_passes for p in points],
    }


def _is_there(score: float | None, target: float) -> bool:
    return score is not None and score >= target
