"""Random bijections within leaves that take kept entries to kept entries."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ticket_explorer.layout import Layout


def carried(
    key: Array, values: Float[Array, " D"], source: Bool[Array, " D"], target: Bool[Array, " D"], layout: Layout
) -> Float[Array, " D"]:
    """`values` moved within each prunable leaf, those at `source` entries to random `target` entries.

    Each leaf must have as many source as target entries; its multiset of source values is then that of
    its target values afterwards. Leaves that are not prunable stay as they are.
    """
    moved = values
    for i, leaf in enumerate(layout.prunable_leaves):
        from_key, to_key = jax.random.split(jax.random.fold_in(key, i))
        sources = shuffled_first(from_key, source[leaf.slice])
        targets = shuffled_first(to_key, target[leaf.slice])
        moved = moved.at[leaf.offset + targets].set(values[leaf.slice][sources])
    return moved


def permuted_mask(key: Array, mask: Bool[Array, " D"], layout: Layout) -> Bool[Array, " D"]:
    """The mask with each prunable leaf's entries permuted at random."""
    permuted = mask
    for i, leaf in enumerate(layout.prunable_leaves):
        shuffled = jax.random.permutation(jax.random.fold_in(key, i), mask[leaf.slice])
        permuted = permuted.at[leaf.slice].set(shuffled)
    return permuted


def shuffled_first(key: Array, first: Bool[Array, " k"]) -> Array:
    """All indices in random order, but those of true entries before all others, int [k]."""
    return jnp.lexsort((jax.random.uniform(key, first.shape), ~first))
