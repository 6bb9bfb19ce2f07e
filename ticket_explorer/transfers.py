"""Carrying tickets over: to another task, strategy or trainer (Lange & Sprekeler 2023, Table 1).

A transferred ticket is the mask and the initial weights that it was found with, trained by something
else. Its control has random masks of the same size and fresh weights: what the ticket is worth is the
difference. Layers of other shapes have no ticket; unless their overlap is asked for, they are refused.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer import masks
from ticket_explorer.layout import Layout, Leaf
from ticket_explorer.problems import Problem
from ticket_explorer.registry import implementation_of
from ticket_explorer.rewinds.rewind import Origin, Rewind, Start
from ticket_explorer.rewinds.settings import RewindSettings
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def mismatches(source: Layout, target: Layout) -> list[str]:
    """The leaves that don't have the same shape on both sides, in words; none if tickets fit as they are."""
    known, wanted = ({leaf.name: leaf for leaf in layout} for layout in (source, target))
    words = []
    for name in dict.fromkeys([*known, *wanted]):
        if name not in wanted:
            words.append(f"{name} {_shape(known[name])} is only in the source")
        elif name not in known:
            words.append(f"{name} {_shape(wanted[name])} is only in the target")
        elif known[name].shape != wanted[name].shape:
            words.append(f"{name} is {_shape(known[name])} in the source and {_shape(wanted[name])} in the target")
    return words


def fitted(ticket: Ticket, source: Layout, target: Layout, fresh: Float[Array, "R D"]) -> Ticket:
    """The ticket in another layout: what both have of each leaf, from its first entries on.

    Prunable weights that the source does not have are pruned, all others are fresh. All replicates
    keep the same number of weights: surplus ones of the smallest initial magnitude go.

    Args:
        ticket: Arrays [R, D] of `source`.
        source: Where it was found.
        target: Where it goes.
        fresh: Initial weights of `target`.
    """
    if source == target:
        return ticket
    replicates = fresh.shape[0]
    mask = np.broadcast_to(~target.prunable, (replicates, target.size)).copy()
    start, initial = np.array(fresh), np.array(fresh)
    known = {leaf.name: leaf for leaf in source}
    for leaf in target:
        if leaf.name in known and len(known[leaf.name].shape) == len(leaf.shape):
            pairs = [(ticket.start, start), (ticket.initial, initial)]
            pairs += [(ticket.mask, mask)] if leaf.prunable else []
            for old, new in pairs:
                _copy_overlap(np.asarray(old), known[leaf.name], new, leaf)
    kept = np.full(replicates, (mask & target.prunable).sum(-1).min())
    pruned = _to_same_count(jnp.asarray(mask), jnp.abs(jnp.asarray(start)), target, kept)
    return Ticket(pruned, jnp.asarray(start), jnp.asarray(initial))


def sparsity_matched(
    keys: Array, ticket: Ticket, layout: Layout, fresh: Float[Array, "R D"], kept: Int[np.ndarray, " R"]
) -> Ticket:
    """A random mask that keeps as many weights as the ticket's, and fresh initial weights.

    With equal keys the masks of sparser tickets are subsets of those of denser ones, as in pruning at random.

    Args:
        keys: One a replicate.
        ticket: In whose place it goes, arrays [R, D].
        layout: Of the weights.
        fresh: The initial weights that it takes.
        kept: How many prunable weights each replicate keeps.
    """
    scores = jax.vmap(lambda key: jax.random.uniform(key, (layout.size,)))(keys)
    mask = _to_same_count(jnp.ones_like(ticket.mask), scores, layout, kept)
    return replace(ticket, mask=mask, start=fresh, initial=fresh)


def rewound(keys: Array, ticket: Ticket, rewind: RewindSettings, problem: Problem) -> Ticket:
    """The ticket after a rewind of what it starts from: a control with its values, or its mask too, permuted.

    Args:
        keys: One a replicate.
        ticket: Arrays [R, D].
        rewind: One that needs nothing from training: `permuted_weights`, `permuted_mask`.
        problem: That the ticket is for.
    """
    restart: Rewind = implementation_of(rewind)

    def of(key: Array, start: Float[Array, " D"], mask: Bool[Array, " D"]) -> Start:
        return restart(key, Origin(start, None), TrainingResult(start, None, mask), mask, problem)

    made = jax.vmap(of)(keys, ticket.start, ticket.mask)
    return Ticket(made.mask, made.theta0, made.theta0)


def _to_same_count(
    mask: Bool[Array, "R D"], score: Float[Array, "R D"], layout: Layout, kept: Int[np.ndarray, " R"]
) -> Bool[Array, "R D"]:
    def pruned(one: Array, values: Array, count: Array) -> Array:
        return masks.prune(one, values, layout, count[None]).mask

    return jax.vmap(pruned)(mask, score, jnp.asarray(kept))


def _copy_overlap(old: np.ndarray, source: Leaf, new: np.ndarray, target: Leaf) -> None:
    corner = (slice(None), *(slice(min(sizes)) for sizes in zip(source.shape, target.shape, strict=True)))
    taken = old[:, source.slice].reshape(-1, *source.shape)[corner]
    new[:, target.slice].reshape(-1, *target.shape)[corner] = taken


def _shape(leaf: Leaf) -> str:
    return "×".join(map(str, leaf.shape))
