"""The ticket curve: score against density, one line a branch (Lange & Sprekeler 2023, figure 2)."""

from dataclasses import dataclass

from sessions.reports.statistics import mean, standard_error
from sessions.views.session_view import SessionView


@dataclass(frozen=True)
class TicketCurve:
    """One branch's line, from dense to sparse; only rounds that have a score."""

    branch: str
    density: tuple[float, ...]
    score: tuple[float, ...]
    """Mean over replicates."""
    error: tuple[float | None, ...]
    """Standard error over replicates; None for a single one."""
    replicates: int = 1


def ticket_curves(view: SessionView) -> list[TicketCurve]:
    """The ticket curves of all branches that have a finished round."""
    curves = []
    for name in view.branches:
        points = [
            (round_.density, score, standard_error(round_.finished.score))
            for round_ in view.lineage(name)
            if round_.finished and round_.density > 0 and (score := mean(round_.finished.score)) is not None
        ]
        if points:
            replicates = max(len(round_.finished.score) for round_ in view.lineage(name) if round_.finished)
            densities, scores, errors = zip(*points, strict=True)
            curves.append(TicketCurve(name, densities, scores, errors, replicates))
    return curves
