"""What is journalled before a round trains: how its ticket was pruned, what it begins with, empty layers."""

import time
from collections.abc import Mapping

import numpy as np

from sessions.messages import events
from sessions.plans.problems import Problems
from sessions.specs.spec import Plan
from sessions.tickets.tickets import Pruning
from sessions.views.branch_view import RoundView
from sessions.views.densities import densities_of
from sessions.views.session_view import SessionView
from sessions.views.turns import Turn
from ticket_explorer import masks
from ticket_explorer.densities import overall
from ticket_explorer.layout import Layout
from ticket_explorer.networks.forms import Form
from ticket_explorer.registry import name_of


def pruned(turn: Turn, plan: Plan, made: Pruning) -> events.Pruned:
    """How the round before a turn was pruned."""
    return events.Pruned(
        at=time.time(),
        branch=turn.branch,
        round=turn.round - 1,
        pruner=name_of(plan.pruner),
        rewind=name_of(plan.rewind),
        kept=made.kept,
        threshold=made.threshold,
    )


def collapsed(turn: Turn, made: Pruning, layout: Layout, left_out: set[int]) -> str | None:
    """A remark on prunable leaves that keep no weight, through which nothing passes; None if all keep some.

    Args:
        turn: The turn whose round begins.
        made: The ticket that the round begins with.
        layout: The layout of the problem's weights.
        left_out: Replicates that have diverged.
    """
    mask = np.asarray(made.ticket.mask)
    empty = {leaf.name: np.flatnonzero(~mask[:, leaf.slice].any(-1)) for leaf in layout.prunable_leaves}
    found = {name: [int(r) for r in rows if r not in left_out] for name, rows in empty.items()}
    told = [f"{name} (replicate {', '.join(map(str, rows))})" for name, rows in found.items() if rows]
    if not told:
        return None
    return f"{turn.branch}:{turn.round} begins with a collapsed layer, which keeps no weights: {'; '.join(told)}."


def started(turn: Turn, plan: Plan, made: Pruning, problems: Problems, view: SessionView) -> events.RoundStarted:
    """What a turn's round begins with."""
    layout, densities = problems.of(plan).layout, densities_of(view, turn.branch, turn.round)
    density = overall(densities, layout.prunable_leaves)
    if masks.kept_prunable(layout, densities, plan.scope(layout.leaves)) != made.kept:  # learned masks, or overlap
        density = made.kept / layout.prunable_size
    return events.RoundStarted(
        at=time.time(),
        branch=turn.branch,
        round=turn.round,
        density=density,
        kept=made.kept,
        dimension=masks.dimension(layout, made.kept),
        generations=plan.trainer.generations,
        densities=dict(densities) if isinstance(densities, Mapping) else {},
    )


def form_chosen(round_: RoundView, form: Form, generation: int = 0, why: str = "") -> events.FormChosen:
    """How a round's populations are computed from a generation on."""
    return events.FormChosen(
        at=time.time(), branch=round_.branch, round=round_.number, generation=generation, form=form, why=why
    )
