"""Which branches train the same tickets under different noise, for `instability`. No JAX is imported here."""

from sessions.specs.spec import parse_plan
from sessions.views.branch_view import BranchView
from sessions.views.session_view import SessionView


def twin_of(view: SessionView, branch: str) -> str | None:
    """The branch that trains the tickets of another one under different noise; the session's own noise comes first."""
    found = [name for name in view.branches if name != branch and _are_twins(view, branch, name)]
    return min(found, key=lambda name: view.branches[name].plan.get("noise_seed") is not None, default=None)


def noisy(view: SessionView) -> list[str]:
    """The branches that have noise of their own and a twin."""
    own = [name for name, branch in view.branches.items() if branch.plan.get("noise_seed") is not None]
    return [name for name in own if twin_of(view, name) is not None]


def _are_twins(view: SessionView, branch: str, other: str) -> bool:
    own, theirs = view.branches[branch], view.branches[other]
    if not (_trains_tickets_of(own, theirs) or _trains_tickets_of(theirs, own) or _begin_alike(own, theirs)):
        return False
    plans = parse_plan(own.plan), parse_plan(theirs.plan)
    if not plans[0].searches_like(plans[1]) or plans[0].trains_like(plans[1]):
        return False
    finished = [{round_.number for round_ in view.lineage(name) if round_.finished} for name in (branch, other)]
    return bool(finished[0] & finished[1])


def _trains_tickets_of(own: BranchView, theirs: BranchView) -> bool:
    borrowed = own.borrowed
    return borrowed is not None and borrowed.branch == theirs.name and not (borrowed.control or borrowed.rewind)


def _begin_alike(own: BranchView, theirs: BranchView) -> bool:
    are_roots = own.parent is None and theirs.parent is None and not own.adopted and not theirs.adopted
    return are_roots and own.borrowed == theirs.borrowed
