"""Where the arrow keys lead: through generations, rounds and branches. No widget is imported here."""

from dataclasses import replace
from typing import Literal

from sessions.views.session_view import SessionView
from widgets.plots.figures import Selection

Part = Literal["branch", "round", "generation"]
STEPS = 48
"""How many presses lead from one end of a round to the other."""


def generation_beside(view: SessionView, selection: Selection, direction: int) -> Selection:
    """A step through the selected round; one step beyond its end is live again."""
    round_ = selection.round_in(view)
    if round_ is None:
        return selection
    step = max(round_.done // STEPS, 1)
    now = round_.done if selection.generation is None else selection.generation
    wanted = max(now + direction * step, 0)
    if wanted >= round_.done:
        return replace(selection, generation=None)
    return replace(selection, branch=selection.branch_in(view), round=round_.number, generation=wanted)


def round_beside(view: SessionView, selection: Selection, direction: int) -> Selection:
    """The round before or after; beyond the last one it is live again."""
    branch, round_ = selection.branch_in(view), selection.round_in(view)
    if branch is None or round_ is None:
        return selection
    numbers = [known.number for known in view.lineage(branch)]
    wanted = numbers.index(round_.number) + direction
    if wanted >= len(numbers):
        return replace(selection, round=None, generation=None)
    return replace(selection, branch=branch, round=numbers[max(wanted, 0)], generation=None)


def branch_beside(view: SessionView, selection: Selection, direction: int) -> Selection:
    """The branch before or after, in a ring; its last round."""
    names = list(view.branches)
    if not names:
        return selection
    now = selection.branch_in(view)
    position = names.index(now) if now in names else 0
    return Selection(names[(position + direction) % len(names)], branches=selection.branches)


def beside(part: Part, view: SessionView, selection: Selection, direction: int) -> Selection:
    """One step through a round's generations, a branch's rounds, or the branches."""
    ways = {"generation": generation_beside, "round": round_beside, "branch": branch_beside}
    return ways[part](view, selection, direction)
