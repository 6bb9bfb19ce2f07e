"""A branch that another session trained, from the one event that describes it."""

from sessions.messages import events
from sessions.specs.spec import completed
from sessions.views.branch_view import BranchView, RoundView


def adopted_branch(event: events.BranchAdopted, former_rules: dict[str, None]) -> BranchView:
    """The branch, with its rounds.

    Args:
        event: The event that describes it.
        former_rules: Called with sentences on older rules that its plan follows.
    """
    adopted = BranchView(
        name=event.branch,
        parent=None,
        parent_round=None,
        plan=completed(event.plan, former_rules),
        leaves=event.leaves,
        input_shape=event.input_shape,
        adopted=len(event.rounds),
    )
    adopted.rounds = {told.number: _adopted_round(event.branch, told, adopted.prunable) for told in event.rounds}
    return adopted


def _adopted_round(branch: str, told: events.AdoptedRound, prunable: int) -> RoundView:
    return RoundView(
        branch=branch,
        number=told.number,
        trained_density=told.density,
        trained_kept=told.kept,
        dimension=told.dimension,
        prunable=prunable,
        generations=told.generations,
        started=told.started,
        plan=completed(told.plan),
        done=told.finished.generations,
        values=bytearray(told.metrics),
        steps=bytearray(told.steps),
        scored=list(told.scored),
        finished=told.finished,
        densities=told.densities,
        diverged=set(told.diverged),
    )
