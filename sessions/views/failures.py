"""Branches that can't go on, and why. No JAX is imported here."""

from sessions.views.branch_view import BranchView
from sessions.views.diverged import told
from sessions.views.session_view import SessionView


def failures(view: SessionView) -> list[str]:
    """A sentence for each branch that can't reach its planned rounds."""
    return [sentence for branch in view.branches.values() if (sentence := failure(view, branch))]


def failure(view: SessionView, branch: BranchView) -> str | None:
    """Why a branch can't reach its planned rounds; None if it can, or has."""
    if branch.failed is not None:
        return told(branch.failed)
    if branch.stuck:
        return branch.stuck
    cause = waits_for_failed(view, branch)
    return f"Branch {branch.name!r} waits for rounds of {cause!r}, which has failed." if cause is not None else None


def waits_for_failed(view: SessionView, branch: BranchView) -> str | None:
    """The failed or stuck branch whose coming rounds a branch's next round needs; None if there is none."""
    if branch.is_done:
        return None
    needed: list[tuple[str, int]] = []
    if branch.parent is not None and branch.parent_round is not None:
        needed.append((view.owner(branch.parent, branch.parent_round), branch.parent_round))
    if (lender := branch.borrows(branch.next_round)) is not None:
        needed.append((view.owner(*lender), lender[1]))
    for name, number in needed:
        owner = view.branches[name]
        if owner.next_round <= number:
            if not owner.can_go_on:
                return name
            if (cause := waits_for_failed(view, owner)) is not None:
                return cause
    return None
