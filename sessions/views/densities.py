"""The densities that rounds have or will have, leaf by leaf if layers have their own ratios."""

from collections.abc import Mapping
from typing import Any, Protocol

from sessions.views.branch_view import BranchView, RoundView
from ticket_explorer.densities import Density, after, overall
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.trainers import TRAINERS


class Rounds(Protocol):
    """What densities depend on: the branches of a session and their rounds."""

    branches: dict[str, BranchView]

    def round(self, branch: str, number: int) -> RoundView | None:
        """A round of a branch, which may be inherited; None if there is none."""
        ...


def densities_of(view: Rounds, branch: str, number: int) -> Density:
    """The density that round `number` of a branch trains at: (1 − p) times what the one before found, for each leaf.

    The density of a mask still to be learned is not known: it counts as the one that the round begins with.
    """
    known = view.round(branch, number)
    if known is not None:
        return known.densities or known.trained_density
    itself = view.branches[branch]
    borrowed = itself.borrows(number)
    if borrowed is not None:
        return _borrowed(view, itself, borrowed)
    if number == 0:
        return 1.0 if itself.given is None else itself.given.density
    last = view.round(branch, number - 1)
    if _takes_learned(itself.plan):
        return densities_of(view, branch, number - 1) if last is None else last.surviving_density
    before = found_densities_of(view, branch, number - 1)
    pruning = itself.plan["pruning"]
    ratios = pruning.get("ratios", {})
    if ratios:
        before = _found(view, branch, number - 1) or before
    return after(before, float(pruning["ratio"]), ratios, itself.leaves)


def found_densities_of(view: Rounds, branch: str, number: int) -> Density:
    """The density of the mask that round `number` of a branch found: the one it trained, unless it learns."""
    known = view.round(branch, number)
    is_learned = known is not None and known.found_kept is not None
    return known.density if known is not None and is_learned else densities_of(view, branch, number)


def _borrowed(view: Rounds, itself: BranchView, borrowed: tuple[str, int]) -> Density:
    """The density of a ticket of another branch; of each leaf only if its mask has the same leaves' shares."""
    assert itself.borrowed is not None
    of = found_densities_of if itself.borrowed.takes == "found" else densities_of
    density = of(view, *borrowed)
    source = view.branches[borrowed[0]].leaves
    is_alike = source == itself.leaves and not itself.borrowed.control
    return density if is_alike else overall(density, [leaf for leaf in source if leaf.prunable])


def _found(view: Rounds, branch: str, number: int) -> dict[str, float] | None:
    """The density of each leaf of a mask that was learned or imported; None for any other mask."""
    round_ = view.round(branch, number)
    if round_ is None or round_.finished is None or round_.densities:
        return None
    trainer = TRAINERS.get(round_.plan["trainer"]["name"])
    learned = trainer is not None and trainer.learns_mask
    itself = view.branches[round_.branch]
    is_own = itself.borrows(number) is None and (number > 0 or itself.given is None)
    if not learned and is_own:
        return None
    return {name: leaf.density for name, leaf in round_.finished.leaves.items()}


def _takes_learned(plan: Mapping[str, Any]) -> bool:
    pruner = PRUNERS.get(plan["pruner"]["name"])
    return pruner is not None and pruner.takes_learned
