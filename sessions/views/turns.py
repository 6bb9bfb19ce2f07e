"""Whose turn it is: branches advance round by round, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

from sessions.specs.spec import Table
from sessions.views.branch_view import BranchView
from sessions.views.session_view import SessionView


@dataclass(frozen=True)
class Turn:
    """One round to train."""

    branch: str
    round: int


def upcoming(view: SessionView) -> Iterator[Turn]:
    """The rounds still to train, in order: the running one, then always the branch with the fewest rounds."""
    position = {name: branch.next_round for name, branch in view.branches.items()}
    wanted = [name for name, branch in view.branches.items() if not branch.aside]
    if view.running is not None:
        yield Turn(view.running.branch, view.running.number)
        position[view.running.branch] += 1
    while (name := _next(view, wanted, position)) is not None:
        yield Turn(name, position[name])
        position[name] += 1


def planned(view: SessionView, turn: Turn) -> Table:
    """The plan of a turn's round: the one it began with, or else its branch's."""
    known = view.branches[turn.branch].rounds.get(turn.round)
    return known.plan if known else view.branches[turn.branch].plan


def next_turn(view: SessionView) -> Turn | None:
    """The round to train now; None if every branch has all its rounds, has failed, is stuck, or is set aside."""
    return next(upcoming(view), None)


def _next(view: SessionView, wanted: list[str], position: dict[str, int]) -> str | None:
    """The branch to train: the one with the fewest rounds, or what it waits for; None if none can go on."""
    waiting = [name for name in wanted if _is_open(view.branches[name], position)]
    for name in sorted(waiting, key=position.__getitem__):
        blocker = _blocker(view, name, position)
        if view.branches[blocker].can_go_on:
            return blocker
    return None


def _is_open(branch: BranchView, position: dict[str, int]) -> bool:
    return position[branch.name] < branch.planned_rounds


def _blocker(view: SessionView, name: str, position: dict[str, int]) -> str:
    """The branch itself, or the one that must first finish the round it starts from or whose ticket it borrows."""
    branch = view.branches[name]
    borrowed = branch.borrows(position[name])
    if borrowed is not None:
        owner = view.owner(*borrowed)
        return _blocker(view, owner, position) if position[owner] <= borrowed[1] else name
    if branch.parent is None or branch.parent_round is None:
        return name
    ancestor = _blocker(view, branch.parent, position)
    if branch.parent_round < view.branches[branch.parent].first_round:
        return name if ancestor == branch.parent else ancestor
    return ancestor if position[branch.parent] <= branch.parent_round else name
