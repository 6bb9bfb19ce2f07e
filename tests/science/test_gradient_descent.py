"""Gradient descent under a mask: what is pruned stays zero, schedules are the papers', optax is what moves."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from ticket_explorer.errors import InvalidValue
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks.settings import Fashion
from ticket_explorer.trainers.descent import Descent
from ticket_explorer.trainers.gradient_descent import GradientDescent, masked
from ticket_explorer.trainers.gradient_settings import GradientDescent as Settings
from ticket_explorer.trainers.optimizers import OPTIMIZERS
from ticket_explorer.trainers.settings import Optimizer

MOMENTUM = Optimizer(name="momentum", learning_rate=0.05)


def rates(generations: int, optimizer: Optimizer = MOMENTUM, **schedule: Any) -> list[float]:
    """The learning rate of each update: by how much plain SGD moves a weight of gradient one."""
    plain = Optimizer(
        name="sgd",
        learning_rate=optimizer.learning_rate,
        learning_rate_decay=optimizer.learning_rate_decay,
        learning_rate_limit=optimizer.learning_rate_limit,
    )
    descent = Descent(plain, Settings(optimizer=plain, generations=generations, **schedule))
    weight, found = jnp.zeros(()), []
    state = descent.init(weight)
    for _ in range(generations):
        after, state = descent.step(jnp.ones(()), state, weight)
        found.append(float(weight - after))
        weight = after
    return found


@pytest.mark.parametrize(
    "name", ["momentum", "adam", *(pytest.param(name, marks=pytest.mark.slow) for name in ("sgd", "rmsprop"))]
)
def test_pruned_weights_are_exactly_zero_after_100_updates_with_weight_decay(name: str) -> None:
    problem = bind(Fashion(batch=32, pool=4), MLP(hidden=(8,)))
    settings = Settings(optimizer=Optimizer(name=name, learning_rate=0.01), weight_decay=1e-3)
    theta0 = problem.initialise(jax.random.key(0))
    mask = ~jnp.asarray(problem.layout.prunable) | jax.random.bernoulli(jax.random.key(1), 0.3, theta0.shape)
    trainer = GradientDescent(settings, problem.layout.size)

    @jax.jit
    def run(theta0: jax.Array) -> Any:
        state = trainer.init(jax.random.key(0), theta0, mask, problem)
        keys = jax.random.split(jax.random.key(2), 100)
        return jax.lax.scan(lambda s, key: trainer.step(key, s, problem), state, keys)[0]

    state = run(theta0)
    weights = problem.layout.flatten(state.weights)
    assert not weights[~mask].any()
    assert (weights[mask] != theta0[mask]).mean() > 0.9
    for moment in jax.tree.leaves(state.descent.optimizer, is_leaf=lambda leaf: isinstance(leaf, dict)):
        if isinstance(moment, dict) and "dense_0" in moment:
            assert not problem.layout.flatten(moment)[~mask].any(), "momentum of a pruned weight"


def test_the_gradient_of_a_pruned_weight_is_zero_even_where_it_is_not_finite() -> None:
    gradient = {"kernel": jnp.asarray([1.0, jnp.nan, jnp.inf])}
    found = masked(gradient, {"kernel": jnp.asarray([True, False, False])})
    np.testing.assert_array_equal(found["kernel"], [1.0, 0.0, 0.0])


def test_a_dense_run_is_optax_s(quadratic: Any) -> None:
    problem = quadratic([1.0, 2.0, 3.0], 1.0)
    settings = Settings(optimizer=Optimizer(name="adam", learning_rate=0.1))
    trainer, optimizer = GradientDescent(settings, 3), optax.adam(0.1)
    expected = jnp.zeros(3)
    state, moments = trainer.init(jax.random.key(0), expected, jnp.ones(3, bool), problem), optimizer.init(expected)
    for _ in range(5):
        loss, gradient = jax.value_and_grad(lambda theta: problem.loss(None, theta))(expected)
        update, moments = optimizer.update(gradient, moments)
        expected = optax.apply_updates(expected, update)
        state, metrics = trainer.step(jax.random.key(0), state, problem)
        assert float(metrics.fitness_mean) == pytest.approx(-float(loss), rel=1e-6)
        assert np.isnan([metrics.fitness_best, metrics.fitness_std, metrics.sigma]).all()
    np.testing.assert_allclose(trainer.finish(state, problem).mean, expected, rtol=1e-6)
    assert int(trainer.problem_state(state)) == 5


def test_weight_decay_is_added_to_the_gradient(quadratic: Any) -> None:
    flat = quadratic([0.0, 0.0])
    trainer = GradientDescent(Settings(optimizer=Optimizer(name="sgd", learning_rate=0.5), weight_decay=0.1), 2)
    state = trainer.init(jax.random.key(0), jnp.asarray([1.0, -2.0]), jnp.ones(2, bool), flat)
    after, _ = trainer.step(jax.random.key(0), state, flat)
    np.testing.assert_allclose(trainer.finish(after, flat).mean, [0.95, -1.9], rtol=1e-6)


def test_the_learning_rate_warms_up_drops_and_decays() -> None:
    assert rates(6, warmup=4) == pytest.approx([0.0125, 0.025, 0.0375, 0.05, 0.05, 0.05])
    assert rates(5, milestones=(2, 4), milestone_factor=0.1) == pytest.approx(
        [0.05, 0.05, 0.005, 0.005, 0.0005], rel=1e-5
    )
    halved = Optimizer(learning_rate=0.05, learning_rate_decay=0.5, learning_rate_limit=0.02)
    assert rates(4, halved) == pytest.approx([0.05, 0.025, 0.02, 0.02])
    cosine = rates(4, cosine=True)
    assert cosine == pytest.approx([0.05, 0.05 * (1 + 2**-0.5) / 2, 0.025, 0.05 * (1 - 2**-0.5) / 2])


def test_a_tuned_learning_rate_is_the_one_that_is_used(quadratic: Any) -> None:
    problem = quadratic([1.0, 1.0], 1.0)
    trainer = GradientDescent(Settings(optimizer=Optimizer(name="sgd", learning_rate=0.5)), 2)
    state = trainer.init(jax.random.key(0), jnp.zeros(2), jnp.ones(2, bool), problem)
    after, _ = trainer.step(jax.random.key(0), trainer.tuned(state, {"learning_rate": 0.25}), problem)
    np.testing.assert_allclose(trainer.finish(after, problem).mean, [0.25, 0.25])


def test_clipup_is_refused() -> None:
    assert "clipup" in OPTIMIZERS
    with pytest.raises(InvalidValue, match=r"\$\.trainer\.optimizer\.name: clipup, expected one of sgd, momentum"):
        Settings(optimizer=Optimizer(name="clipup")).check()


def test_an_optimizer_s_unknown_parameter_is_refused() -> None:
    settings = Settings(optimizer=Optimizer(name="adam", parameters={"beta": 0.9}))
    with pytest.raises(InvalidValue, match=r"\$\.trainer\.optimizer\.parameters: beta, expected what adam takes"):
        GradientDescent(settings, 2).descent.init(jnp.zeros(2))


def test_parameters_that_the_optimiser_does_not_have_are_refused_at_once() -> None:
    settings = Settings(optimizer=Optimizer(name="adam", parameters={"momentum": 0.9}))
    with pytest.raises(InvalidValue, match=r"\$\.trainer\.optimizer\.parameters: momentum, expected what adam takes"):
        GradientDescent(settings, 3)
