"""Exact masks: a density keeps exactly round(density · prunable) weights, ties broken by index.

Weights are ranked all together (`global`), leaf by leaf (`layer`), or in groups of leaves; each group keeps
exactly round(density · size) of its own, and leaves may have densities of their own.
Entries that are not prunable are always kept and never counted.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.densities import Density, Scope, overall, parts
from ticket_explorer.layout import Layout


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Pruned:
    """What pruning left."""

    mask: Bool[Array, "*batch D"]
    threshold: Float[Array, "..."]
    """The highest score that was pruned; one per prunable leaf or group, in a last axis, unless the scope is `global`.

    Minus infinity where nothing was pruned."""


def dense(layout: Layout) -> Bool[np.ndarray, " D"]:
    """The mask that keeps everything."""
    return np.ones(layout.size, bool)


def kept_prunable(layout: Layout, density: Density, scope: Scope = "global") -> int:
    """How many prunable weights a density keeps: round(density · prunable), rounded in each part of the scope."""
    return int(counts(layout, density, scope).sum())


def dimension(layout: Layout, kept: int) -> int:
    """How many entries of θ are there if `kept` prunable ones are: those that are never pruned are added."""
    return layout.size - layout.prunable_size + kept


def prune(
    mask: Bool[Array, " D"],
    score: Float[Array, " D"],
    layout: Layout,
    kept: Int[Array, " parts"] | Int[np.ndarray, " parts"],
    scope: Scope = "global",
) -> Pruned:
    """Keep the weights of the highest scores among those that `mask` keeps.

    Args:
        mask: The weights that are still there.
        score: Higher is kept; only kept prunable entries are looked at; NaN is pruned first.
        layout: Which entries are prunable.
        kept: How many prunable weights to keep, as `counts` gives them; being an array, all densities share an
            executable.
        scope: `global` ranks all weights together, `layer` each leaf on its own, groups those of their leaves.
    """
    if scope == "global":
        highest, threshold = _keep_highest(mask & layout.prunable, score, kept[0])
        return Pruned(highest | ~jnp.asarray(layout.prunable), threshold)
    pruned, thresholds = mask | ~jnp.asarray(layout.prunable), []
    for part, count in zip(parts(scope, layout.leaves), kept, strict=True):
        where = part[0].slice if len(part) == 1 else np.concatenate([np.r_[leaf.slice] for leaf in part])
        highest, threshold = _keep_highest(mask[where], score[where], count)
        pruned = pruned.at[where].set(highest)
        thresholds.append(threshold)
    return Pruned(pruned, jnp.stack(thresholds))


def counts(layout: Layout, density: Density, scope: Scope = "global") -> Int[np.ndarray, " parts"]:
    """How many prunable weights a density keeps: one number for each part of the scope."""
    return np.array(
        [round(overall(density, part) * sum(leaf.size for leaf in part)) for part in parts(scope, layout.leaves)]
    )


@jax.jit
def _keep_highest(
    candidates: Bool[Array, " k"], score: Float[Array, " k"], count: Array
) -> tuple[Bool[Array, " k"], Float[Array, ""]]:
    comparable = jnp.where(candidates, jnp.nan_to_num(score, nan=-jnp.inf, posinf=jnp.inf, neginf=-jnp.inf), 0.0)
    order = jnp.lexsort((-comparable, ~candidates))
    rank = jnp.zeros_like(order).at[order].set(jnp.arange(order.size))
    kept = candidates & (rank < count)
    lost = candidates & ~kept
    return kept, jnp.max(jnp.where(lost, comparable, -jnp.inf))
