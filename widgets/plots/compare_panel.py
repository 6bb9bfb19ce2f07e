"""The panel Compare: the selected branch less another one, which is chosen already; then all branches in one curve."""

from dataclasses import dataclass, field

from sessions.reports.overlay import Series, series_of
from sessions.views.session_view import SessionView
from widgets.plots.figure import Axis, Figure
from widgets.plots.figures.compare import TITLE, compare
from widgets.plots.figures.selection import Selection
from widgets.shared.companions import Beside

TURNS = 4
"""Differences of the selected branch, of all branches, scores, scores on one scale."""


@dataclass(frozen=True)
class Company:
    """What a person compares a session's branches with."""

    seed: int | None = None
    """The session's own seed, if it is known: replicates of other sessions pair only with those of its seed."""
    beside: Beside = field(default_factory=dict)
    """Other sessions with their seeds, by name."""
    pinned: str | None = None
    """The name of the series that others are compared with; None chooses one."""


def compare_panel(view: SessionView, selection: Selection, company: Company, turn: int) -> Figure:
    """The difference of the selected branch from the baseline; that of all branches; all scores, raw or normalised.

    Args:
        view: The session as its events tell it.
        selection: What is looked at.
        company: Other sessions, and the series to take differences from; without one it is the branch's parent, or the
            first other branch.
        turn: Which of these is shown.
    """
    series = _series(view, selection, company)
    branch = selection.branch_in(view)
    looked_at = next((one for one in series if one.name == branch), None)
    if branch is None or looked_at is None:
        note = selection.missing_in(view) if branch is None else f"Branch {branch} has no finished round yet."
        return Figure(TITLE, Axis(""), Axis(""), note=note)
    colours, turn = list(range(len(series))), turn % TURNS
    if turn >= 2:
        return compare(series, colours, normalised=turn == 3 and _varies(series))
    other = _other(view, series, branch, company.pinned)
    if other is None:
        note = "There is nothing to compare with yet: another branch, here or in a session that you add."
        return Figure(TITLE, Axis(""), Axis(""), note=note)
    shown = [one for one in series if turn == 1 or one in (looked_at, other)]
    return compare(shown, [series.index(one) for one in shown], baseline=other)


def series_names(view: SessionView, selection: Selection, company: Company) -> list[str]:
    """The names of all series, those of the session's own branches first."""
    return [one.name for one in _series(view, selection, company)]


def _series(view: SessionView, selection: Selection, company: Company) -> list[Series]:
    """The session's own branches by their names, then those of others by `SESSION:BRANCH`."""
    own = [one for one in series_of({"": (view, company.seed)}) if one.name in selection.shown_in(view)]
    return [*own, *series_of({**company.beside, "": (SessionView(), None)})]


def _varies(series: list[Series]) -> bool:
    scores = [score for one in series for values in one.scores.values() for score in values if score is not None]
    return max(scores) > min(scores)


def _other(view: SessionView, series: list[Series], branch: str, pinned: str | None) -> Series | None:
    """The pinned series; or else the branch's parent, or the first other one."""
    names = [one.name for one in series if one.name != branch]
    parent = view.branches[branch].parent
    wanted = next((name for name in (pinned, parent, *names) if name in names), None)
    return next((one for one in series if one.name == wanted), None)
