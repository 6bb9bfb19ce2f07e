"""The evolution trainer: it searches what the mask keeps, and its hyper-parameters may change while it runs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.errors import InvalidValue, UnknownName
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks.settings import Fashion
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.evolution import Evolution
from ticket_explorer.trainers.settings import Optimizer
from ticket_explorer.trainers.strategies.settings import Evolution as Settings

MASK = jnp.asarray([True, False, True, True, False, True])
THETA0 = jnp.arange(1.0, 7.0)


@pytest.fixture
def problem(quadratic):
    return quadratic([1.0] * 6)


def started(settings, problem, mask=MASK, theta0=THETA0):
    trainer = Evolution(settings, int(mask.sum()))
    return trainer, jax.jit(trainer.init)(jax.random.key(0), theta0, mask, problem)


def test_only_the_kept_entries_are_searched(problem):
    trainer, state = started(Settings(population=8, std_init=0.5), problem)
    np.testing.assert_array_equal(state.search.mean, THETA0[MASK])
    after, _ = trainer.step(jax.random.key(1), state, problem)
    result = trainer.finish(after, problem)
    np.testing.assert_array_equal(result.mask, MASK)
    np.testing.assert_array_equal(result.mean == 0, ~MASK)
    np.testing.assert_array_equal(result.std == 0, ~MASK)
    np.testing.assert_array_equal(result.mean[MASK], after.search.mean)


def test_individuals_stand_where_the_mask_is(quadratic):
    far = quadratic([1.0] * 6, 100.0)
    trainer, state = started(Settings(population=8, std_init=1e-6), far)
    _, metrics = trainer.step(jax.random.key(1), state, far)
    expected = -0.5 * np.sum((np.where(MASK, THETA0, 0.0) - 100.0) ** 2)
    assert float(metrics.fitness_mean) == pytest.approx(expected, rel=1e-5)


def test_the_problem_state_is_carried(problem):
    trainer, state = started(Settings(population=8), problem)
    after, _ = trainer.step(jax.random.key(1), state, problem)
    assert int(trainer.problem_state(after)) == 1


def test_the_mean_decays(problem):
    plain, decayed = (started(Settings(population=8, mean_decay=decay), problem) for decay in (0.0, 0.25))
    means = [trainer.step(jax.random.key(1), state, problem)[0].search.mean for trainer, state in (plain, decayed)]
    np.testing.assert_allclose(means[1], 0.75 * means[0], rtol=1e-6)


def test_sigma_decays_to_its_limit(problem):
    settings = Settings(strategy="open_es", population=8, std_init=0.4, std_decay=0.5, std_limit=0.15)
    trainer, state = started(settings, problem)
    sigmas = []
    for generation in range(3):
        state, metrics = trainer.step(jax.random.key(generation), state, problem)
        sigmas.append(float(metrics.sigma))
    assert sigmas == pytest.approx([0.2, 0.15, 0.15])


def test_the_learning_rate_decays_to_its_limit_and_is_what_the_optimizer_uses(problem):
    optimizer = Optimizer(name="sgd", learning_rate=1.0, learning_rate_decay=0.5, learning_rate_limit=0.3)
    trainer, state = started(Settings(population=8, optimizer=optimizer), problem)
    rates = []
    for generation in range(3):
        rates.append(float(trainer.hyperparameters(state)["learning_rate"]))
        state, _ = trainer.step(jax.random.key(generation), state, problem)
    assert rates == pytest.approx([1.0, 0.5, 0.3])
    still = trainer.tuned(state, {"learning_rate": 1e-9})
    np.testing.assert_allclose(trainer.step(jax.random.key(9), still, problem)[0].search.mean, still.search.mean)


@pytest.mark.slow
def test_weight_decay_prefers_small_individuals(quadratic):
    level = quadratic([0.0] * 6)
    settings = Settings(population=64, std_init=0.5)
    norms = []
    for change in (0.0, 1.0):
        trainer, state = started(settings, level)
        state = trainer.tuned(state, {"weight_decay": change})
        after, metrics = trainer.step(jax.random.key(1), state, level)
        norms.append(float(jnp.linalg.norm(after.search.mean)))
        assert float(metrics.fitness_mean) == 0.0
    assert norms[1] < norms[0]


@pytest.mark.slow
def test_weight_decay_of_one_replicate_leaves_the_others_alone(quadratic):
    level = quadratic([0.0] * 6)
    trainer, state = started(Settings(population=8), level)
    both = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), state)
    both.schedule["weight_decay"] = jnp.asarray([0.0, 1.0])
    after, _ = jax.vmap(trainer.step, in_axes=(None, 0, None))(jax.random.key(1), both, level)
    alone, _ = trainer.step(jax.random.key(1), state, level)
    np.testing.assert_allclose(after.search.mean[0], alone.search.mean, rtol=1e-6)
    assert not np.allclose(after.search.mean[1], alone.search.mean)


def test_a_failed_individual_is_left_out_of_the_metrics_and_of_the_search(problem):
    class Failing(type(problem)):
        def fitness(self, key, population, state, narrowing=None):
            fitness, state = super().fitness(key, population, state, narrowing)
            return fitness.at[0].set(jnp.nan), state

    trainer, state = started(Settings(population=8), problem)
    after, metrics = trainer.step(jax.random.key(1), state, Failing(problem.curvature, problem.target))
    assert all(bool(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(metrics))
    assert bool(jnp.all(jnp.isfinite(after.search.mean)))


def test_tuning_reaches_all_replicates_and_keeps_types(problem):
    trainer = Evolution(Settings(population=8, std_init=0.5), 4)
    keys = jax.random.split(jax.random.key(0), 3)
    state = jax.vmap(lambda key: trainer.init(key, THETA0, MASK, problem))(keys)
    tuned = trainer.tuned(state, {"std": 0.25, "learning_rate": 0.5, "lr_std": 0.125})
    now = trainer.hyperparameters(tuned)
    assert {name: now[name].tolist() for name in ("std", "learning_rate", "lr_std")} == {
        "std": [0.25] * 3,
        "learning_rate": [0.5] * 3,
        "lr_std": [0.125] * 3,
    }
    types = [[(leaf.shape, leaf.dtype, leaf.weak_type) for leaf in jax.tree.leaves(s)] for s in (tuned, state)]
    assert types[0] == types[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"learning_rat": 1.0},
            r"unknown hyper-parameter of a running snes 'learning_rat'; did you mean learning_rate\?",
        ),
        ({"learning_rate": -1.0}, r"\$\.trainer\.learning_rate: -1\.0, expected a number above 0"),
        ({"mean_decay": 1.0}, r"expected a number in \[0, 1\)"),
        ({"std": float("nan")}, "expected a finite number"),
    ],
)
def test_what_can_not_be_tuned_is_explained(problem, changes, message):
    trainer, state = started(Settings(population=8), problem)
    with pytest.raises((UnknownName, InvalidValue), match=message):
        trainer.tuned(state, changes)


def test_what_only_starts_a_round_can_not_be_tuned(problem):
    trainer, state = started(Settings(population=8), problem)
    assert {"std_init", "lr_std_init"}.isdisjoint(trainer.hyperparameters(state))


def test_it_is_registered():
    assert TRAINERS["evolution"] is Settings


@pytest.mark.slow
def test_it_learns_on_narrowed_images():
    problem = bind(Fashion(batch=128), MLP(hidden=(16,)))
    theta0 = problem.initialise(jax.random.key(0))
    kernels = jnp.asarray(problem.layout.prunable)
    mask = ~kernels | jax.random.bernoulli(jax.random.key(1), 0.5, theta0.shape)
    trainer, state = started(Settings(population=16), problem, mask, theta0)

    @jax.jit
    def run(state):
        keys = jax.random.split(jax.random.key(2), 40)
        return jax.lax.scan(lambda s, key: trainer.step(key, s, problem), state, keys)

    after, metrics = run(state)
    result = trainer.finish(after, problem)
    assert metrics.fitness_mean[-5:].mean() > metrics.fitness_mean[:5].mean()
    scores = [problem.score(jax.random.key(3), theta, ()) for theta in (jnp.where(mask, theta0, 0.0), result.mean)]
    assert scores[1] > scores[0]
    np.testing.assert_array_equal(result.mask, mask)
