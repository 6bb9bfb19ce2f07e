"""The contract of every rewind, and what the permutation controls keep."""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import Array

from ticket_explorer.errors import TicketError
from ticket_explorer.networks.mlp import build_mlp
from ticket_explorer.networks.settings import MLP
from ticket_explorer.registry import implementation_of
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.rewinds.rewind import Origin
from ticket_explorer.tasks.images import ImageProblem, Images
from ticket_explorer.trainers.trainer import TrainingResult

pytestmark = pytest.mark.thorough

REPLICATES = 3


NO_IMAGES = Images((3, 3, 1), jnp.zeros((1, 9), jnp.uint8), jnp.zeros(1, jnp.int32))
NETWORK = build_mlp(MLP(hidden=(8,), bias_init="uniform"), (9,), 4)
PROBLEM = ImageProblem(NETWORK, 1, (0.0,), (1.0,), NO_IMAGES, NO_IMAGES)
LAYOUT = PROBLEM.layout
REQUIRED: dict[str, dict[str, Any]] = {"early": {"generation": 3}}
PERMUTATIONS = ["permuted_weights", "permuted_mask"]


def rewind_called(name: str) -> Any:
    return implementation_of(REWINDS[name](**REQUIRED.get(name, {})))


@cache
def compiled(name: str) -> Any:
    return jax.jit(rewind_called(name))


every_rewind = pytest.mark.parametrize("restart", [rewind_called(name) for name in REWINDS], ids=list(REWINDS))


@jax.jit
def pruned_round(key: Array, density: float = 0.4) -> tuple[Origin, TrainingResult, Array]:
    initial, early, mean, noise = jax.random.normal(key, (4, LAYOUT.size))
    mask = (noise < jnp.quantile(noise, density)) | ~LAYOUT.prunable
    whole = jnp.ones(LAYOUT.size, bool)
    return Origin(initial, early), TrainingResult(mean, jnp.abs(mean), whole), mask


@every_rewind
def test_pure_and_the_same_under_jit(restart: Any) -> None:
    origin, result, mask = pruned_round(jax.random.key(0))
    arguments = jax.random.key(1), origin, result, mask, PROBLEM
    plain, again, jitted = restart(*arguments), restart(*arguments), jax.jit(restart)(*arguments)
    assert plain.theta0.shape == plain.mask.shape == (LAYOUT.size,)
    np.testing.assert_array_equal(plain.theta0, again.theta0)
    np.testing.assert_array_equal(plain.mask, again.mask)
    np.testing.assert_array_equal(plain.mask, jitted.mask)
    np.testing.assert_allclose(plain.theta0, jitted.theta0, rtol=1e-6)


@every_rewind
def test_replicates_restart_as_if_alone(restart: Any) -> None:
    rounds = jax.vmap(pruned_round)(jax.random.split(jax.random.key(0), REPLICATES))
    keys = jax.random.split(jax.random.key(1), REPLICATES)
    together = jax.jit(jax.vmap(restart, (0, 0, 0, 0, None)))(keys, *rounds, PROBLEM)
    for i in range(REPLICATES):
        alone = restart(keys[i], *jax.tree.map(lambda a, i=i: a[i], rounds), PROBLEM)
        np.testing.assert_array_equal(together.mask[i], alone.mask)
        np.testing.assert_allclose(together.theta0[i], alone.theta0, rtol=1e-6)


@every_rewind
def test_every_leaf_keeps_as_many_as_were_left(restart: Any) -> None:
    origin, result, mask = pruned_round(jax.random.key(0))
    start = restart(jax.random.key(1), origin, result, mask, PROBLEM)
    for leaf in LAYOUT:
        assert start.mask[leaf.slice].sum() == mask[leaf.slice].sum()
    assert start.mask[~LAYOUT.prunable].all()


def test_initial_and_early_hand_back_what_was() -> None:
    origin, result, mask = pruned_round(jax.random.key(0))
    for name, expected in (("initial", origin.initial), ("early", origin.early)):
        start = rewind_called(name)(jax.random.key(1), origin, result, mask, PROBLEM)
        np.testing.assert_array_equal(start.theta0, expected)
        np.testing.assert_array_equal(start.mask, mask)


def test_fresh_weights_are_drawn_by_the_key() -> None:
    origin, result, mask = pruned_round(jax.random.key(0))
    start = rewind_called("fresh")(jax.random.key(1), origin, result, mask, PROBLEM)
    np.testing.assert_array_equal(start.theta0, PROBLEM.initialise(jax.random.key(1)))
    np.testing.assert_array_equal(start.mask, mask)


def test_early_without_early_weights_says_what_to_do() -> None:
    origin, result, mask = pruned_round(jax.random.key(0))
    with pytest.raises(TicketError, match="early"):
        rewind_called("early")(jax.random.key(1), Origin(origin.initial, None), result, mask, PROBLEM)


@pytest.mark.parametrize("name", PERMUTATIONS)
@settings(max_examples=15)
@given(seed=st.integers(0, 2**31 - 1), density=st.floats(0, 1))
def test_permutations_keep_each_leafs_values(name: str, seed: int, density: float) -> None:
    data_key, key = jax.random.split(jax.random.key(seed))
    origin, result, mask = pruned_round(data_key, density)
    start = compiled(name)(key, origin, result, mask, PROBLEM)
    for leaf in LAYOUT:
        before, after = origin.initial[leaf.slice], start.theta0[leaf.slice]
        if leaf.prunable:
            kept_before, kept_after = before[mask[leaf.slice]], after[start.mask[leaf.slice]]
            np.testing.assert_array_equal(np.sort(kept_before), np.sort(kept_after))
        else:
            np.testing.assert_array_equal(before, after)


def test_permuted_weights_move_under_the_same_mask() -> None:
    origin, result, mask = pruned_round(jax.random.key(0))
    start = rewind_called("permuted_weights")(jax.random.key(1), origin, result, mask, PROBLEM)
    np.testing.assert_array_equal(start.mask, mask)
    kept = mask & LAYOUT.prunable
    assert jnp.mean(start.theta0[kept] == origin.initial[kept]) < 0.3


@pytest.mark.parametrize("name", PERMUTATIONS)
def test_every_place_is_equally_likely(name: str) -> None:
    """Where one kept weight lands, over many keys: uniform over the places it may take (χ², p ≈ 0.001)."""
    origin, result, mask = pruned_round(jax.random.key(0), 0.3)
    restart = rewind_called(name)
    leaf = LAYOUT.leaves[1]
    first = int(np.flatnonzero(mask[leaf.slice])[0]) + leaf.offset
    keys = jax.random.split(jax.random.key(2), 4000)
    starts = jax.jit(jax.vmap(lambda key: restart(key, origin, result, mask, PROBLEM)))(keys)
    landed = np.asarray(starts.theta0 == origin.initial[first])[:, leaf.slice].sum(0)
    allowed = np.asarray(mask[leaf.slice]) if name == "permuted_weights" else np.ones(leaf.size, bool)
    assert landed.sum() == len(keys)
    assert not landed[~allowed].any()
    expected, places = len(keys) / allowed.sum(), allowed.sum()
    chi_square = ((landed[allowed] - expected) ** 2 / expected).sum()
    assert chi_square < places + 3.1 * np.sqrt(2 * places)
