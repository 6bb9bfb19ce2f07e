"""Masks learned by gradients and by evolution, against what their papers' formulas say."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.errors import InvalidValue
from ticket_explorer.trainers import continuous_sparsification, stochastic_sparsification
from ticket_explorer.trainers.gradient_settings import ContinuousSparsification, StochasticSparsification
from ticket_explorer.trainers.mask_evolution import MaskEvolution
from ticket_explorer.trainers.mask_evolution_settings import MaskEvolution as MaskEvolutionSettings
from ticket_explorer.trainers.settings import Optimizer

pytestmark = pytest.mark.thorough

MASK = jnp.asarray([True, True, True, True, False])
THETA0 = jnp.asarray([1.0, -1.0, 0.5, 2.0, 3.0])


def test_a_large_beta_makes_the_soft_mask_the_hard_one() -> None:
    settings = ContinuousSparsification(generations=11, beta_final=1e6)
    relaxation = continuous_sparsification.build(settings, 1).relaxation
    scores = jnp.asarray([-1.0, -1e-3, 1e-3, 1.0])
    first, last = (relaxation.soft(jax.random.key(0), scores, jnp.int32(t)) for t in (0, 10))
    np.testing.assert_allclose(first, jax.nn.sigmoid(scores), rtol=1e-6)
    np.testing.assert_array_equal(last, relaxation.hard(jax.random.key(0), scores))


def test_beta_rises_exponentially() -> None:
    settings = ContinuousSparsification(generations=5, beta_final=16.0)
    found = [float(continuous_sparsification.beta(settings, jnp.int32(t))) for t in range(6)]
    assert found == pytest.approx([1, 2, 4, 8, 16, 16])


def test_the_straight_through_gradient_is_that_of_the_expectation() -> None:
    """Of a function linear in the mask, E[∂f/∂s] is ∂E[f]/∂s; both are a mean over many draws."""
    scores, weights = jnp.asarray([-1.0, 0.0, 2.0]), jnp.asarray([3.0, -1.0, 0.5])

    def drawn(scores: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.sum(weights * stochastic_sparsification.drawn(key, scores, jnp.int32(0)))

    keys, step = jax.random.split(jax.random.key(0), 200_000), 0.05
    gradient = jax.vmap(jax.grad(drawn), (None, 0))(scores, keys).mean(0)

    def expectation(scores: jax.Array) -> jax.Array:
        return jax.vmap(drawn, (None, 0))(scores, keys).mean()

    unit = jnp.eye(3) * step
    numerical = jnp.stack([(expectation(scores + u) - expectation(scores - u)) / (2 * step) for u in unit])
    np.testing.assert_allclose(gradient, numerical, atol=0.03)
    values = jax.vmap(lambda key: stochastic_sparsification.drawn(key, scores, jnp.int32(0)))(keys)
    assert set(np.unique(values).round(6)) == {0.0, 1.0}
    np.testing.assert_allclose(values.mean(0), jax.nn.sigmoid(scores), atol=0.01)


@pytest.mark.parametrize("settings", [ContinuousSparsification, StochasticSparsification])
def test_useless_weights_are_dropped_and_frozen_weights_stay(settings: Any, quadratic: Any) -> None:
    """The target is θ₀ where a weight is wanted, and zero elsewhere: keeping the wrong ones costs."""
    target = jnp.asarray([1.0, 0.0, 0.0, 2.0, 0.0])
    problem = quadratic(np.ones(5))
    problem = type(problem)(problem.curvature, target)
    chosen = settings(
        generations=400, freeze_weights=True, penalty=1e-3, score_optimizer=Optimizer(name="adam", learning_rate=0.2)
    )
    module = continuous_sparsification if settings is ContinuousSparsification else stochastic_sparsification
    trainer = module.build(chosen, 5)

    @jax.jit
    def run() -> Any:
        state = trainer.init(jax.random.key(0), THETA0, MASK, problem)
        keys = jax.random.split(jax.random.key(1), chosen.generations)
        return jax.lax.scan(lambda s, k: trainer.step(k, s, problem), state, keys)[0]

    state = run()
    result = trainer.finish(state, problem)
    wanted = np.array([True, False, False, True, False])
    np.testing.assert_array_equal(result.mean, np.where(result.mask, THETA0, 0.0))
    if settings is ContinuousSparsification:
        np.testing.assert_array_equal(result.mask, wanted)
    else:  # the mask is drawn: with which probability?
        probability = jax.nn.sigmoid(jax.tree.leaves(state.scores)[0])
        np.testing.assert_allclose(probability[:4], wanted[:4], atol=0.06)


def finished(settings: Any, problem: Any, replicates: int) -> Any:
    """What rounds of no movement end with, under many keys."""
    module = continuous_sparsification if isinstance(settings, ContinuousSparsification) else stochastic_sparsification
    trainer = module.build(settings, 5)
    states = jax.vmap(lambda key: trainer.init(key, THETA0, MASK, problem))(
        jax.random.split(jax.random.key(0), replicates)
    )
    return jax.vmap(lambda state: trainer.finish(state, problem))(states), trainer.beside(states)


@pytest.mark.parametrize("score_init", [-5.0, -2.0, 0.0, 2.0, 5.0])
def test_a_drawn_mask_keeps_what_its_probabilities_say(quadratic: Any, score_init: float) -> None:
    """Algorithm 2, line 3: m ~ Bernoulli(σ(s_T)); s₀ so decides how sparse a mask comes out."""
    result, _ = finished(StochasticSparsification(score_init=score_init), quadratic(np.ones(5)), 5000)
    free = np.asarray(result.mask)[:, :4]
    np.testing.assert_allclose(free.mean(), 1 / (1 + np.exp(-score_init)), atol=0.006)
    assert not result.mask[:, 4].any(), "what the round did not train stays pruned"
    np.testing.assert_array_equal(result.mean, np.where(result.mask, THETA0, 0.0))


@pytest.mark.parametrize("score_init", [-5.0, 0.0, 5.0])
def test_a_risen_mask_is_the_former_rule(quadratic: Any, score_init: float) -> None:
    settings = StochasticSparsification(score_init=score_init, final_mask="risen")
    result, beside = finished(settings, quadratic(np.ones(5)), 3)
    np.testing.assert_array_equal(result.mask, np.broadcast_to(MASK, (3, 5)))
    assert beside == ()


def test_scores_between_rounds_are_the_sources() -> None:
    """Algorithm 2, line 4: s ← −∞ where s_T < s₀; Algorithm 3, line 4: s ← min(β_T · s_T, s₀)."""
    scores, done = jnp.asarray([-1.0, -1e-3, 0.0, 0.5, 2.0]), jnp.int32(10)
    drawn = stochastic_sparsification.build(StochasticSparsification(score_init=0.5), 5).relaxation
    np.testing.assert_array_equal(drawn.after(scores, done), [-np.inf, -np.inf, -np.inf, 0.5, 2.0])
    settings = ContinuousSparsification(generations=10, beta_final=200.0, score_init=0.1)
    annealed = continuous_sparsification.build(settings, 5).relaxation
    np.testing.assert_allclose(annealed.after(scores, done), [-200.0, -0.2, 0.0, 0.1, 0.1], rtol=1e-5)


@pytest.mark.slow
def test_the_penalty_drops_what_the_loss_does_not_want(quadratic: Any) -> None:
    flat = quadratic(np.zeros(5))
    for penalty, kept in ((0.0, 4), (0.1, 0)):
        settings = ContinuousSparsification(generations=20, score_init=0.1, penalty=penalty)
        trainer = continuous_sparsification.build(settings, 5)
        state, step = trainer.init(jax.random.key(0), THETA0, MASK, flat), jax.jit(trainer.step)
        for key in jax.random.split(jax.random.key(0), 20):
            state, _ = step(key, state, flat)
        assert int(trainer.finish(state, flat).mask.sum()) == kept


def evolved(quadratic: Any, generations: int, **settings: Any) -> tuple[Any, Any, Any, list[Any]]:
    target = jnp.asarray([1.0, 0.0, 0.0, 2.0, 0.0])
    problem = quadratic(np.ones(5))
    problem = type(problem)(problem.curvature, target)
    trainer = MaskEvolution(MaskEvolutionSettings(**{"population": 16, "elites": 3, "std": 0.3, **settings}), 5)
    state = trainer.init(jax.random.key(0), THETA0, MASK, problem)
    step, seen = jax.jit(lambda key, state: trainer.step(key, state, problem)), []
    for key in jax.random.split(jax.random.key(1), generations):
        after, metrics = step(key, state)
        seen.append((state, after, metrics))
        state = after
    return trainer, state, problem, seen


@pytest.mark.slow
def test_evolution_finds_the_mask_that_fits(quadratic: Any) -> None:
    trainer, state, problem, _ = evolved(quadratic, 20)
    result = trainer.finish(state, problem)
    np.testing.assert_array_equal(result.mask, [True, False, False, True, False])
    np.testing.assert_array_equal(result.mean, [1.0, 0.0, 0.0, 2.0, 0.0])


def test_elites_are_never_lost_with_cloning(quadratic: Any) -> None:
    _, _, _, seen = evolved(quadratic, 15, cloning=True)
    best = [float(metrics.fitness_best) for _, _, metrics in seen]
    assert best == sorted(best)
    for _, after, _ in seen:
        np.testing.assert_array_equal(after.scores[0], after.best)
    _, _, _, seen = evolved(quadratic, 15, cloning=False)
    assert all(not np.array_equal(after.scores[0], after.best) for _, after, _ in seen)


@pytest.mark.parametrize("sparsity", [0.0, 0.25, 0.5, 0.75])
def test_a_wanted_sparsity_is_exact(quadratic: Any, sparsity: float) -> None:
    trainer, state, problem, _ = evolved(quadratic, 3, sparsity=sparsity)
    assert int(trainer.finish(state, problem).mask.sum()) == round(4 * (1 - sparsity))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"elites": 65}, r"\$\.trainer\.elites: 65, expected at most the 64 of the population"),
        ({"elites": 64}, "cloning leaves no room for children"),
        ({"threshold": 5.0}, r"\$\.trainer\.threshold: 5\.0, expected at most 4: .* or give a sparsity instead"),
    ],
)
def test_what_can_not_evolve_is_explained(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        MaskEvolutionSettings(**settings).check()
