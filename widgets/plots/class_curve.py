"""The ticket curve of a class: each student's session is one seed, and together they have one error bar."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sessions.reports.statistics import mean
from sessions.reports.summary import Summary, SummaryBranch, alike, pooled
from widgets.plots.figure import Axis, Figure, Line
from widgets.shared.wording import counted

TITLE = "The class's ticket curve"
HELP = (
    "Each faint line is one student's session, the mean over its replicates: the same plan with another seed. The "
    "strong line is the mean over sessions, and its bars are 95% intervals for that mean, by Student's t: of twenty "
    "classes like this one, nineteen have bars that hold the mean of endlessly many sessions. A single line may lie "
    "anywhere around it. Sessions of another plan than most have are left out."
)
_X = Axis("weights kept", scale="log", reverse=True, percent=True)
_Y = Axis("score")


def class_curve(summaries: Sequence[Summary]) -> Figure:
    """One line for each branch with its 95% intervals, and a faint one for each session."""
    shown = alike(summaries)
    points = pooled(shown)
    if not points:
        return Figure(TITLE, _X, _Y, note="No session has been handed in yet.")
    names = list(dict.fromkeys(one.branch for one in points))
    faint = [_single(branch, names.index(branch.name)) for one in shown for branch in one.branches if branch.rounds]
    strong = []
    for colour, name in enumerate(names):
        here = [one for one in points if one.branch == name]
        x, y = (np.array([getattr(one, field) for one in here]) for field in ("density", "score"))
        half = np.array([one.half_width or 0.0 for one in here])
        low, high = (None, None) if all(one.half_width is None for one in here) else (y - half, y + half)
        strong.append(Line(name, x, y, low=low, high=high, colour=colour, markers=True))
    sparsest = min(*(one.density for one in points), 0.9)
    return Figure(TITLE, replace(_X, limits=(sparsest, 1.0)), _Y, (*faint, *strong), _note(len(shown), len(summaries)))


def _single(branch: SummaryBranch, colour: int) -> Line:
    rows = sorted(((one.density, mean(one.scores)) for one in branch.rounds), key=lambda row: row[0])
    x, y = (np.array(column, float) for column in zip(*rows, strict=True))
    return Line("", x, y, colour=colour, faint=True)


def _note(shown: int, handed_in: int) -> str:
    told = f"{counted(shown, 'session', 'sessions')}: mean, and 95% interval by Student's t."
    others = handed_in - shown
    return told if not others else f"{told} {counted(others, 'is', 'are')} of another plan and left out."
