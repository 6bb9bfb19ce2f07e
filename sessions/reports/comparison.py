"""Several sessions, one for each task, on one scale, for `compare`. No JAX is imported here."""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from sessions.reports.statistics import mean
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.normalised import normalised
from ticket_explorer.analysis.settings import SAME
from ticket_explorer.errors import TicketError

Found = TypeVar("Found")
Curve = dict[float, float]
"""The score by density, as the mean over replicates."""


def normalised_rows(views: Mapping[str, SessionView]) -> list[dict[str, Any]]:
    """A row for each branch and density that all sessions have, from dense to sparse.

    Args:
        views: The sessions' views, by name; branches with the same name are one condition.

    Returns:
        Branch, density, score (0 to 1, the mean over sessions), its standard error (None for one session), and the
        scores by session.

    Raises:
        TicketError: if they have no branch or density in common, or one's scores are all equal.
    """
    curves = {name: _curves(view) for name, view in views.items()}
    first = next(iter(curves.values()))
    branches = [branch for branch in first if all(branch in known for known in curves.values())]
    everyone = [known[branch] for known in curves.values() for branch in branches]
    densities = [
        d for d in (everyone[0] if everyone else ()) if all(at_density(curve, d) is not None for curve in everyone)
    ]
    if not densities:
        raise TicketError(
            f"The sessions {', '.join(views)} have no finished round in common: compare sessions whose branches have "
            "the same names and the same pruning."
        )
    scores = [
        np.array([[at_density(known[b], d) for d in densities] for b in branches], float) for known in curves.values()
    ]
    _check_scale(list(views), scores, len(densities))
    found = normalised(scores)
    return [
        {
            "branch": branch,
            "density": density,
            "score": float(found.mean[i, t]),
            "standard_error": float(found.standard_error[i, t]) if len(views) > 1 else None,
            "by_session": dict(zip(views, found.score[:, i, t].tolist(), strict=True)),
        }
        for i, branch in enumerate(branches)
        for t, density in enumerate(densities)
    ]


def _check_scale(names: list[str], scores: list[np.ndarray], common: int) -> None:
    for name, of_session in zip(names, scores, strict=True):
        if of_session.max() > of_session.min():
            continue
        if common == 1 < len(names):
            raise TicketError(
                f"The sessions {', '.join(names)} have one share of weights in common, where all scores of {name} are "
                f"{of_session.max():g}: compare sessions with the same pruning; see --set pruning.ratio."
            )
        raise TicketError(f"All scores of {name} are {of_session.max():g}: there is no worst and best to scale by.")


def _curves(view: SessionView) -> dict[str, Curve]:
    curves: dict[str, Curve] = {}
    for branch in view.branches:
        for round_ in view.lineage(branch):
            score = mean(round_.finished.score) if round_.finished else None
            if score is not None:
                curves.setdefault(branch, {})[round_.density] = score
    return curves


def at_density(curve: Mapping[float, Found], density: float) -> Found | None:
    """What a curve has at a density, rounded in whichever way; None if it has nothing there."""
    return next((found for known, found in curve.items() if abs(known - density) <= SAME * density), None)
