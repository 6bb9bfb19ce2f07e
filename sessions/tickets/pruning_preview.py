"""What each pruner would remove now: a preview that changes nothing.

Before switching the pruner, a person wants to know how much it would change: how many of the weights that one criterion
removes, another would remove too (Jaccard overlap of the removed sets).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from sessions.messages.commands import Preview
from sessions.specs.spec import Plan
from ticket_explorer import masks
from ticket_explorer.densities import Density, Scope
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import arithmetic
from ticket_explorer.problems import Problem
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.pruners.settings import PrunerSettings
from ticket_explorer.registry import implementation_of, name_of
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def preview(
    plan: Plan,
    asked: PrunerSettings | None,
    keys: Array,
    result: TrainingResult,
    ticket: Ticket,
    problem: Problem,
    density: Density,
) -> Preview:
    """What each pruner would remove from a result.

    Args:
        plan: The plan whose scope and pruner count.
        asked: A pruner to compare with the others; None: there is none.
        keys: The random keys that the pruning itself would use, one for each replicate.
        result: The round's result, arrays [R, D].
        ticket: The ticket that the round trained, arrays [R, D].
        problem: The plan's problem.
        density: The density of the next round.

    Raises:
        TicketError: if the pruner that is asked about fails, or has nothing to rank by.
    """
    layout, scope = problem.layout, plan.scope(problem.layout.leaves)
    counts = jnp.asarray(masks.counts(layout, density, scope))
    choices = {name: settings() for name, settings in PRUNERS.items() if not settings.takes_learned}
    if (present := _called(plan.pruner)) not in PRUNERS:
        choices[present] = plan.pruner
    name_asked = "" if asked is None else _called(asked)
    if asked is not None and choices.setdefault(name_asked, asked) != asked:
        name_asked = f"{name_asked}, as it is now"
        choices[name_asked] = asked
    first = jax.tree.map(lambda array: array[0], (result, ticket))
    removed = {}
    for name, settings in choices.items():
        try:
            with arithmetic():
                pruned = _pruned_after(settings, scope, problem, keys[0], first[0], first[1], counts)
            settings.check_scores(np.asarray(pruned.threshold)[None])
        except TicketError:
            if name == name_asked:
                raise
            continue  # a criterion that this trainer has nothing for is no choice
        removed[name] = np.asarray(first[0].mask & ~pruned.mask)
    return Preview(
        kept=int((np.asarray(first[0].mask) & layout.prunable).sum()),
        removed=int(next(iter(removed.values())).sum()),
        pruners=list(removed),
        overlap=[[_jaccard(one, other) for other in removed.values()] for one in removed.values()],
        layers={
            name: {leaf.name: int(lost[leaf.slice].sum()) for leaf in layout.prunable_leaves}
            for name, lost in removed.items()
        },
        present=present,
        asked=name_asked,
    )


def _called(pruner: PrunerSettings) -> str:
    """A pruner's name; file and object of one's own."""
    return str(getattr(pruner, "place", name_of(pruner)))


def mask_after(
    pruner: PrunerSettings,
    scope: Scope,
    problem: Problem,
    key: Array,
    result: TrainingResult,
    ticket: Ticket,
    kept: Array,
) -> Bool[Array, " D"]:
    """The mask of one replicate after its next pruning.

    Args:
        pruner: What ranks the weights.
        scope: Which weights are ranked together.
        problem: What they are for.
        key: The random key that the pruning itself would use.
        result: The round's result, arrays [D].
        ticket: The ticket that the round trained, arrays [D].
        kept: How many weights stay, of each group of the scope.

    Raises:
        TicketError: if the pruner has nothing to rank by.
    """
    return _pruned_after(pruner, scope, problem, key, result, ticket, kept).mask


def _pruned_after(
    pruner: PrunerSettings,
    scope: Scope,
    problem: Problem,
    key: Array,
    result: TrainingResult,
    ticket: Ticket,
    kept: Array,
) -> masks.Pruned:
    scores = implementation_of(pruner)(key, result, ticket, problem)
    return masks.prune(result.mask, scores, problem.layout, kept, scope)


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 1.0
