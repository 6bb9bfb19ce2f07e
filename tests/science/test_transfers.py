"""Tickets carried over: what stays, what is matched, what does not fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.layout import Layout, Leaf
from ticket_explorer.networks.mlp import build_mlp
from ticket_explorer.networks.settings import MLP
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.tasks.images import ImageProblem, Images
from ticket_explorer.tickets import Ticket
from ticket_explorer.transfers import fitted, mismatches, rewound, sparsity_matched

pytestmark = pytest.mark.thorough

NO_IMAGES = Images((3, 3, 1), jnp.zeros((1, 9), jnp.uint8), jnp.zeros(1, jnp.int32))
PROBLEM = ImageProblem(build_mlp(MLP(hidden=(8,)), (9,), 4), 1, (0.0,), (1.0,), NO_IMAGES, NO_IMAGES)
KEYS = jax.random.split(jax.random.key(0), 3)


def layout(inputs: int, hidden: int = 6) -> Layout:
    shapes = {"a/bias": (hidden,), "a/kernel": (inputs, hidden), "b/kernel": (hidden, 4)}
    leaves, offset = [], 0
    for name, shape in shapes.items():
        leaves.append(Leaf(name, shape, name.endswith("kernel"), offset))
        offset += leaves[-1].size
    return Layout(tuple(leaves))


@pytest.fixture
def ticket() -> Ticket:
    """Of three replicates, each of which keeps 30 of 84 prunable weights."""
    rng, source = np.random.default_rng(1), layout(10)
    mask = np.broadcast_to(~source.prunable, (3, source.size)).copy()
    for row in mask:
        row[rng.choice(np.flatnonzero(source.prunable), 30, replace=False)] = True
    start = jnp.asarray(rng.normal(size=mask.shape), jnp.float32)
    return Ticket(jnp.asarray(mask), start, start)


def fresh(target: Layout) -> jax.Array:
    return jax.random.normal(jax.random.key(9), (3, target.size))


@pytest.mark.parametrize("name", ["permuted_weights", "permuted_mask"])
def test_a_permuted_ticket_keeps_the_counts_and_the_values_of_each_leaf(name: str) -> None:
    target = PROBLEM.layout
    initial = jax.random.normal(jax.random.key(2), (3, target.size))
    mask = (jax.random.uniform(jax.random.key(3), initial.shape) < 0.4) | ~target.prunable
    made = rewound(KEYS, Ticket(mask, initial, initial), REWINDS[name](), PROBLEM)
    assert bool((made.mask == mask).all()) == (name == "permuted_weights")
    for leaf in target.prunable_leaves:
        for replicate in range(3):
            before, after = (
                np.asarray(start[replicate, leaf.slice])[np.asarray(kept[replicate, leaf.slice])]
                for start, kept in ((initial, mask), (made.start, made.mask))
            )
            assert (before != after).any()
            np.testing.assert_array_equal(np.sort(before), np.sort(after))
    np.testing.assert_array_equal(made.start, made.initial)


def test_what_fits_stays_as_it_is(ticket: Ticket) -> None:
    assert fitted(ticket, layout(10), layout(10), fresh(layout(10))) is ticket
    assert mismatches(layout(10), layout(10)) == []


def test_what_does_not_fit_is_named() -> None:
    assert mismatches(layout(10), layout(12)) == ["a/kernel is 10×6 in the source and 12×6 in the target"]
    other = Layout((Leaf("c/kernel", (2, 2), True, 0),))
    assert "c/kernel 2×2 is only in the target" in mismatches(layout(10), other)


@pytest.mark.parametrize("target", [layout(12), layout(8), layout(10, 5), layout(12, 8)])
def test_an_overlap_takes_what_both_have(ticket: Ticket, target: Layout) -> None:
    source, new = layout(10), fitted(ticket, layout(10), target, fresh(target))
    counts = (np.asarray(new.mask) & target.prunable).sum(-1)
    assert len(set(counts)) == 1
    assert np.asarray(new.mask)[:, ~target.prunable].all()
    old_leaf, new_leaf = source.leaves[1], target.leaves[1]
    rows, columns = (min(sizes) for sizes in zip(old_leaf.shape, new_leaf.shape, strict=True))
    corner = (slice(None), slice(rows), slice(columns))
    for before, after, is_mask in ((ticket.start, new.start, False), (ticket.mask, new.mask, True)):
        old = np.asarray(before)[:, old_leaf.slice].reshape(3, *old_leaf.shape)[corner]
        found = np.asarray(after)[:, new_leaf.slice].reshape(3, *new_leaf.shape)
        if is_mask:
            assert not (found[corner] & ~old).any()
            assert not np.delete(found, np.s_[:rows], axis=1).any()
        else:
            np.testing.assert_array_equal(found[corner], old)


def test_the_control_keeps_as_many_weights_at_other_places(ticket: Ticket) -> None:
    target = layout(10)
    control = sparsity_matched(KEYS, ticket, target, fresh(target), np.array([30, 30, 30]))
    mask = np.asarray(control.mask)
    np.testing.assert_array_equal((mask & target.prunable).sum(-1), [30, 30, 30])
    assert (mask != np.asarray(ticket.mask)).any()
    np.testing.assert_array_equal(control.start, fresh(target))
    sparser = Ticket(ticket.mask.at[:, 6:60].set(False), ticket.start, ticket.initial)
    counted = int((np.asarray(sparser.mask)[0] & target.prunable).sum())
    assert 0 < counted < 30
    inner = np.asarray(sparsity_matched(KEYS, sparser, target, fresh(target), np.full(3, counted)).mask)
    assert not (inner & ~mask).any()
    each = np.asarray(sparsity_matched(KEYS, sparser, target, fresh(target), np.array([8, 3, 19])).mask)
    np.testing.assert_array_equal((each & target.prunable).sum(-1), [8, 3, 19])
