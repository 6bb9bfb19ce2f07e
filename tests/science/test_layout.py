"""θ and its named leaves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.layout import Layout, kept_indices, scatter

PARAMETERS = {
    "dense_1": {"kernel": jnp.arange(6.0).reshape(3, 2), "bias": jnp.array([6.0, 7.0])},
    "dense_0": {"kernel": jnp.arange(8.0, 14.0).reshape(2, 3), "bias": jnp.zeros(3)},
}
LAYOUT = Layout.of(PARAMETERS)


def test_leaves_are_named_and_stand_in_sorted_order_without_gaps() -> None:
    assert [leaf.name for leaf in LAYOUT] == ["dense_0/bias", "dense_0/kernel", "dense_1/bias", "dense_1/kernel"]
    assert [leaf.offset for leaf in LAYOUT] == [0, 3, 9, 11]
    assert LAYOUT.size == 17


def test_kernels_are_prunable_unless_told_otherwise() -> None:
    assert [leaf.name for leaf in LAYOUT.prunable_leaves] == ["dense_0/kernel", "dense_1/kernel"]
    assert LAYOUT.prunable_size == LAYOUT.prunable.sum() == 12
    only = Layout.of(PARAMETERS, lambda name: name == "dense_1/bias")
    np.testing.assert_array_equal(np.flatnonzero(only.prunable), [9, 10])


def test_every_leaf_round_trips_through_theta() -> None:
    theta = LAYOUT.flatten(PARAMETERS)
    assert theta.dtype == jnp.float32
    jax.tree.map(np.testing.assert_array_equal, LAYOUT.unflatten(theta), PARAMETERS)
    np.testing.assert_array_equal(LAYOUT.flatten(LAYOUT.unflatten(theta)), theta)


def test_zero_initialised_leaves_keep_their_own_entries() -> None:
    """The reference code drops entries equal to 0.0 and aliases what remains."""
    theta = LAYOUT.flatten(jax.tree.map(jnp.zeros_like, PARAMETERS))
    assert theta.size == LAYOUT.size
    changed = LAYOUT.unflatten(theta.at[1].set(5.0))
    assert sum(int((leaf != 0).sum()) for leaf in jax.tree.leaves(changed)) == 1
    assert changed["dense_0"]["bias"][1] == 5.0


def test_more_than_ten_layers_stay_in_step() -> None:
    deep = {f"dense_{i}": {"kernel": jnp.full((1, i + 1), float(i))} for i in range(12)}
    layout = Layout.of(deep)
    jax.tree.map(np.testing.assert_array_equal, layout.unflatten(layout.flatten(deep)), deep)


@pytest.mark.parametrize("batch", [(), (4,), (2, 4)])
def test_leading_axes_lead_every_leaf(batch: tuple[int, ...]) -> None:
    theta = jax.random.normal(jax.random.key(0), (*batch, LAYOUT.size))
    nested = LAYOUT.unflatten(theta)
    assert nested["dense_0"]["kernel"].shape == (*batch, 2, 3)
    np.testing.assert_array_equal(nested["dense_1"]["bias"], theta[..., 9:11])


def test_layouts_of_equal_networks_are_equal_and_hash_alike() -> None:
    again = Layout.of(jax.tree.map(jnp.ones_like, PARAMETERS))
    assert again == LAYOUT
    assert hash(again) == hash(LAYOUT)


def test_kept_entries_are_gathered_and_scattered_back() -> None:
    mask = jax.random.bernoulli(jax.random.key(1), 0.4, (LAYOUT.size,))
    theta = jax.random.normal(jax.random.key(2), (5, LAYOUT.size))
    kept = int(mask.sum())
    indices = kept_indices(mask, kept)
    np.testing.assert_array_equal(indices, np.flatnonzero(mask))
    whole = scatter(theta[:, indices], indices, LAYOUT.size)
    np.testing.assert_array_equal(whole, np.where(mask, theta, 0.0))


def test_kept_indices_of_replicates() -> None:
    masks = jnp.array([[True, False, True], [False, True, True]])
    indices = jax.vmap(lambda mask: kept_indices(mask, 2))(masks)
    np.testing.assert_array_equal(indices, [[0, 2], [1, 2]])
