"""Forms of a population's forward pass: each gives what one network after another gives, few kept weights too."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import msgspec
import numpy as np
import pytest

from tests.science.network_stage import (
    BATCH,
    INDIVIDUALS,
    REPLICATES,
    drawn,
    every_network,
    images,
)
from ticket_explorer.layout import kept_indices
from ticket_explorer.networks.cnn import IMAGES, SPARSE_IMAGES, build_cnn
from ticket_explorer.networks.forms import Form
from ticket_explorer.networks.mlp import build_mlp
from ticket_explorer.networks.policies import is_sparse
from ticket_explorer.networks.settings import CNN, MLP

pytestmark = pytest.mark.thorough


@every_network
def test_every_form_is_apply_of_each(network: Any) -> None:
    population, inputs = drawn(network), images()
    alone = jax.jit(jax.vmap(network.apply, (0, None)))(population, inputs)
    forms = network.forms(INDIVIDUALS, BATCH)
    assert {form.kind for form in forms} == set(network.kinds)
    for form in (network.usual_elsewhere, *forms):
        outputs = jax.jit(network.in_form(form).population_apply)(population, inputs)
        np.testing.assert_allclose(outputs, alone, rtol=1e-4, atol=1e-5, err_msg=form.words)


@every_network
def test_replicates_together_are_those_apart(network: Any) -> None:
    populations = jnp.stack([drawn(network, seed=r) for r in range(REPLICATES)])
    batches = jnp.stack([images(seed=r) for r in range(REPLICATES)])
    apart = jax.jit(jax.vmap(network.population_apply))(populations, batches)
    for kind in network.kinds:
        form = Form(kind=kind, group=2, together=True)
        together = jax.jit(jax.vmap(network.in_form(form).population_apply))(populations, batches)
        np.testing.assert_allclose(together, apart, rtol=1e-4, atol=1e-5, err_msg=form.words)


@every_network
def test_bfloat16_rounds_outputs_and_leaves_them_float32(network: Any) -> None:
    population, inputs = drawn(network), images()
    settings = msgspec.structs.replace(network.settings, precision="bfloat16")
    rounded = dataclasses.replace(network, settings=settings)
    exact = jax.jit(network.population_apply)(population, inputs)
    for form in (network.usual_form, network.usual_elsewhere):
        outputs = jax.jit(rounded.in_form(form).population_apply)(population, inputs)
        assert outputs.dtype == jnp.float32
        error = jnp.linalg.norm(outputs - exact) / jnp.linalg.norm(exact)
        assert 1e-5 < error < 0.05, form.words


@every_network
def test_a_smaller_form_takes_no_more_memory(network: Any) -> None:
    for form in network.forms(64, 256):
        sizes = []
        while form is not None:
            sizes.append(network.bytes_of(form, 256))
            form = form.smaller()
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("batch", "individuals", "kernel_size"),
    [(1, 1, 5), (IMAGES + 3, 3, 2), (2 * IMAGES, 4, 1)],
)
def test_cnn_population_of_any_size(batch: int, individuals: int, kernel_size: int) -> None:
    network = build_cnn(CNN(filters=(3, 4), kernel_size=kernel_size), (7, 6, 1), 2)
    population, inputs = drawn(network, individuals), images(batch, image=(7, 6, 1))
    expected = jax.jit(jax.vmap(network.apply, (0, None)))(population, inputs)
    for form in (network.usual_form, *network.forms(individuals, batch)):
        outputs = jax.jit(network.in_form(form).population_apply)(population, inputs)
        np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5, err_msg=form.words)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 1.0])
def test_few_kept_weights_of_a_cnn_give_the_same_as_all(share: float, bias: bool) -> None:
    network = build_cnn(CNN(filters=(3, 4), kernel_size=4, bias=bias), (9, 7, 2), 3)
    layout, inputs = network.layout, images(SPARSE_IMAGES + 2, image=(9, 7, 2))
    mask = ~layout.prunable | (np.random.default_rng(1).random(layout.size) < share)
    kept = kept_indices(jnp.asarray(mask), int(mask.sum()))
    population = jnp.where(mask, drawn(network), 0.0)
    assert bool(network._are_few(kept)) == (share < 1)
    sparse = jax.jit(network.sparse_apply)(population, inputs, kept)
    np.testing.assert_allclose(sparse, jax.jit(network.population_apply)(population, inputs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("hidden", "activation"), [((), "relu"), ((40,), "tanh"), ((30, 20), "relu"), ((30, 20, 10), "swish")]
)
def test_few_kept_weights_of_an_mlp_give_the_same_as_all(hidden: tuple[int, ...], activation: Any) -> None:
    network = build_mlp(MLP(hidden=hidden, activation=activation), (60,), 7)
    layout, inputs = network.layout, images(image=(60,))
    mask = ~layout.prunable | (np.random.default_rng(1).random(layout.size) < 0.04)
    kept = kept_indices(jnp.asarray(mask), int(mask.sum()))
    assert is_sparse(network, kept)
    population = jnp.where(mask, drawn(network, 19), 0.0)
    sparse = jax.jit(network.sparse_apply)(population, inputs, kept)
    np.testing.assert_allclose(sparse, jax.jit(network.population_apply)(population, inputs), rtol=1e-4, atol=1e-5)


def test_replicates_of_a_cnn_keep_weights_of_their_own() -> None:
    network = build_cnn(CNN(filters=(3, 4), kernel_size=3), (8, 8, 1), 2)
    layout, inputs = network.layout, images(image=(8, 8, 1))
    random, kept = np.random.default_rng(2), []
    for _ in range(REPLICATES):
        few = random.choice(np.flatnonzero(layout.prunable), 9, replace=False)
        kept.append(np.sort(np.concatenate([np.flatnonzero(~layout.prunable), few])))
    masks_ = jnp.stack([jnp.zeros(layout.size, bool).at[one].set(True) for one in kept])
    populations = jnp.stack([jnp.where(mask, drawn(network, seed=r), 0) for r, mask in enumerate(masks_)])
    together = jax.jit(jax.vmap(network.sparse_apply, (0, None, 0)))(populations, inputs, jnp.asarray(kept))
    alone = jax.jit(jax.vmap(network.population_apply, (0, None)))(populations, inputs)
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


def test_the_form_of_earlier_sessions_takes_every_weight() -> None:
    network = build_cnn(CNN(), (8, 8, 1), 2)
    assert network.usual_on_cpu.sparse
    assert network.former_form == msgspec.structs.replace(network.usual_on_cpu, sparse=False)
