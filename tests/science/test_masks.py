"""Masks are exact; an independent NumPy pruning says the same."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ticket_explorer import masks
from ticket_explorer.layout import Layout
from ticket_explorer.networks.mlp import build_mlp
from ticket_explorer.networks.settings import MLP

LAYOUT = build_mlp(MLP(hidden=(7,)), (11,), 5).layout
SCHEDULE = [0.8**round_ for round_ in range(30)]
SCOPES: list[masks.Scope] = ["global", "layer"]


def groups(layout: Layout, scope: str) -> list[np.ndarray[Any, Any]]:
    """The indices of the weights that are ranked together."""
    leaves = [np.arange(leaf.size) + leaf.offset for leaf in layout.leaves if leaf.name.endswith("kernel")]
    return [np.concatenate(leaves)] if scope == "global" else leaves


def pruned_by_sorting(mask: Any, score: Any, density: float, scope: str) -> tuple[Any, Any]:
    """What `masks.prune` should do, weight by weight."""
    new, thresholds = np.array(mask), []
    new[~LAYOUT.prunable] = True
    for group in groups(LAYOUT, scope):
        worth = {i: -np.inf if np.isnan(score[i]) else score[i] for i in group if mask[i]}
        ranked = sorted(worth, key=lambda i: (-worth[i], i))
        lost = ranked[round(density * len(group)) :]
        new[lost] = False
        thresholds.append(max((worth[i] for i in lost), default=-np.inf))
    return new, np.array(thresholds if scope == "layer" else thresholds[0], np.float32)


def scores(kind: str, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    random = rng.standard_normal(LAYOUT.size).astype(np.float32)
    if kind == "tied":
        return np.round(random)
    if kind == "with NaN":
        return np.where(rng.random(LAYOUT.size) < 0.3, np.nan, random).astype(np.float32)
    return {"random": random, "equal": np.zeros_like(random), "infinite": np.where(random > 0, np.inf, -np.inf)}[
        kind
    ].astype(np.float32)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("kind", ["random", "tied", "equal", "with NaN", "infinite"])
def test_a_whole_schedule_agrees_with_numpy(kind: str, scope: masks.Scope) -> None:
    mask = masks.dense(LAYOUT)
    for round_, density in enumerate(SCHEDULE):
        score = scores(kind, round_)
        expected, threshold = pruned_by_sorting(mask, score, density, scope)
        pruned = masks.prune(jnp.asarray(mask), jnp.asarray(score), LAYOUT, masks.counts(LAYOUT, density, scope), scope)
        np.testing.assert_array_equal(pruned.mask, expected)
        np.testing.assert_array_equal(pruned.threshold, threshold)
        mask = np.asarray(pruned.mask)


@pytest.mark.parametrize("scope", SCOPES)
def test_counts_are_exact_at_every_density_of_the_paper_network(scope: masks.Scope) -> None:
    layout = build_mlp(MLP(hidden=(32,)), (14, 14, 1), 10).layout
    mask = jnp.asarray(masks.dense(layout))
    for round_, density in enumerate(SCHEDULE):
        score = jax.random.normal(jax.random.key(round_), (layout.size,))
        mask = masks.prune(mask, score, layout, masks.counts(layout, density, scope), scope).mask
        for group in groups(layout, scope):
            assert mask[group].sum() == round(density * len(group))
        assert mask.sum() == masks.dimension(layout, masks.kept_prunable(layout, density, scope))
        assert (mask & layout.prunable).sum() == masks.kept_prunable(layout, density, scope)


def test_of_equal_scores_the_lowest_indices_are_kept() -> None:
    pruned = masks.prune(jnp.ones(LAYOUT.size, bool), jnp.zeros(LAYOUT.size), LAYOUT, masks.counts(LAYOUT, 0.25))
    kept = np.flatnonzero(np.asarray(pruned.mask) & LAYOUT.prunable)
    np.testing.assert_array_equal(kept, np.flatnonzero(LAYOUT.prunable)[: len(kept)])


def test_nan_is_pruned_first() -> None:
    score = jnp.arange(LAYOUT.size, dtype=jnp.float32).at[-3:].set(jnp.nan)
    density = 1 - 3 / LAYOUT.prunable_size
    pruned = masks.prune(jnp.ones(LAYOUT.size, bool), score, LAYOUT, masks.counts(LAYOUT, density))
    np.testing.assert_array_equal(np.flatnonzero(~np.asarray(pruned.mask)), LAYOUT.size - np.array([3, 2, 1]))


def test_nothing_pruned_has_no_threshold() -> None:
    everything = jnp.ones(LAYOUT.size, bool)
    pruned = masks.prune(everything, jnp.ones(LAYOUT.size), LAYOUT, masks.counts(LAYOUT, 1.0))
    np.testing.assert_array_equal(pruned.mask, everything)
    assert pruned.threshold == -jnp.inf


@pytest.mark.parametrize("scope", SCOPES)
def test_replicates_are_pruned_as_if_alone(scope: masks.Scope) -> None:
    score = jax.random.normal(jax.random.key(0), (3, LAYOUT.size))
    mask = jnp.ones(score.shape, bool)
    counts = masks.counts(LAYOUT, 0.3, scope)
    together = jax.jit(jax.vmap(lambda m, s: masks.prune(m, s, LAYOUT, counts, scope)))(mask, score)
    for replicate in range(3):
        alone = masks.prune(mask[replicate], score[replicate], LAYOUT, counts, scope)
        np.testing.assert_array_equal(together.mask[replicate], alone.mask)
        np.testing.assert_array_equal(together.threshold[replicate], alone.threshold)


@settings(max_examples=60)
@given(
    score=hnp.arrays(np.float32, LAYOUT.size, elements=st.floats(-4, 4, width=16) | st.just(np.float32("nan"))),
    densities=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    scope=st.sampled_from(SCOPES),
)
def test_masks_are_nested_and_exact_and_spare_what_is_not_prunable(
    score: Any, densities: list[float], scope: masks.Scope
) -> None:
    mask = masks.dense(LAYOUT)
    for density in sorted(densities, reverse=True):
        counts = masks.counts(LAYOUT, density, scope)
        new = np.asarray(masks.prune(jnp.asarray(mask), jnp.asarray(score), LAYOUT, counts, scope).mask)
        assert not (new & ~mask).any()
        assert new[~LAYOUT.prunable].all()
        assert new.sum() == masks.dimension(LAYOUT, masks.kept_prunable(LAYOUT, density, scope))
        for group in groups(LAYOUT, scope):
            kept, lost = score[group[new[group]]], score[group[~new[group] & mask[group]]]
            if not np.isnan(kept).any():
                assert kept.min(initial=np.inf) >= np.nan_to_num(lost, nan=-np.inf).max(initial=-np.inf)
        mask = new
