"""Ticket curves of many sessions, pooled: each replicate of each session counts as one search."""

from collections import defaultdict
from collections.abc import Sequence

from sessions.reports.statistics import mean, standard_error
from sessions.saved.many import value_of
from sessions.saved.session import SavedSession
from ticket_explorer.errors import TicketError
from widgets.plots.curve_data import TicketCurve
from widgets.plots.figure import Figure
from widgets.plots.figures.ticket_curve import figure_of
from widgets.plots.names import FIGURES

_EQUAL = 6
"""Densities that agree to so many digits count as the same."""


def pooled_ticket_curve(
    sessions: Sequence[SavedSession], by: str | None = None, branches: Sequence[str] | None = None
) -> Figure:
    """Score against density, a line for each branch and each value that a field of the spec has.

    Values are means over all replicates of all sessions of a line, with standard errors.

    Args:
        sessions: The sessions whose finished rounds are drawn.
        by: A field of the spec by path, `trainer.strategy`; None draws a line a branch.
        branches: The names of the branches to draw; None is all.

    Raises:
        TicketError: if there are no sessions, no such branch, or no such field.
    """
    curves = pooled_curves(sessions, by, branches)
    title = FIGURES["ticket_curve"].title
    sparsest = min((curve.density[-1] for curve in curves), default=0.9)
    counts = sorted({curve.replicates for curve in curves})
    note = f"Mean and standard error over {' or '.join(map(str, counts))} searches." if counts else ""
    return figure_of(title, curves, list(range(len(curves))), sparsest, note)


def pooled_curves(
    sessions: Sequence[SavedSession], by: str | None = None, branches: Sequence[str] | None = None
) -> list[TicketCurve]:
    """The lines of that figure.

    Raises:
        TicketError: as `pooled_ticket_curve`.
    """
    known = list(dict.fromkeys(branch for session in sessions for branch in session.branches))
    if not sessions:
        raise TicketError("There are no sessions to draw.")
    if missing := [name for name in branches or () if name not in known]:
        raise TicketError(f"No session has a branch {missing[0]!r}; there are {', '.join(known)}.")
    shown = known if branches is None else list(branches)
    scores: dict[str, dict[float, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for session in sessions:
        for branch in session.branches:
            if branch in shown:
                label = _label(session, branch, by, len(shown) > 1)
                for round_ in session.view.lineage(branch):
                    if round_.finished is not None and round_.density > 0:
                        scores[label][round(round_.density, _EQUAL)].extend(round_.finished.score)
    return [curve for label, found in scores.items() if (curve := _curve(label, found)) is not None]


def _label(session: SavedSession, branch: str, by: str | None, has_others: bool) -> str:
    if by is None:
        return branch
    value = str(value_of(session, branch, by))
    return f"{value}, {branch}" if has_others else value


def _curve(label: str, scores: dict[float, list[float | None]]) -> TicketCurve | None:
    densities = [density for density in sorted(scores, reverse=True) if mean(scores[density]) is not None]
    if not densities:
        return None
    values = tuple(mean(scores[density]) or 0.0 for density in densities)
    errors = tuple(standard_error(scores[density]) for density in densities)
    return TicketCurve(label, tuple(densities), values, errors, max(len(scores[density]) for density in densities))
