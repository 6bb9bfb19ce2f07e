"""The contract of every pruner, and each formula against NumPy."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer import masks
from ticket_explorer.errors import TicketError
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.registry import implementation_of
from ticket_explorer.tasks.settings import Fashion
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult

SIZE, REPLICATES = 40, 3
FORMULAS: dict[str, Any] = {
    "snr": lambda start, mean, std: np.abs(mean) / std,
    "magnitude": lambda start, mean, std: np.abs(mean),
    "movement": lambda start, mean, std: np.abs(mean - start),
    "magnitude_increase": lambda start, mean, std: np.abs(mean) - np.abs(start),
    "initial_magnitude": lambda start, mean, std: np.abs(start),
    "snip": lambda start, mean, std: start**2,  # of ½ |θ|², whose gradient is θ and whose Hessian is the identity
    "grasp": lambda start, mean, std: start**2,
    "hessian_diagonal": lambda start, mean, std: 0.5 * mean**2,
    "fisher": lambda start, mean, std: 0.5 * mean**4,  # whose one example has the gradient θ
    "learned": lambda start, mean, std: np.ones(start.shape),
}

every_pruner = pytest.mark.parametrize("score", [implementation_of(p()) for p in PRUNERS.values()], ids=list(PRUNERS))


def finished_round(replicates: tuple[int, ...] = ()) -> tuple[TrainingResult, Ticket]:
    """Half the weights are kept; mean and σ are exactly zero at the others."""
    shape, keys = (*replicates, SIZE), jax.random.split(jax.random.key(5), 4)
    start, mean, std = (jax.random.normal(key, shape) for key in keys[:3])
    mask = jnp.broadcast_to(jnp.arange(SIZE) % 2 == 0, shape)
    result = TrainingResult(jnp.where(mask, mean, 0.0), jnp.where(mask, jnp.abs(std) + 0.1, 0.0), mask)
    return result, Ticket(mask, start, jax.random.normal(keys[3], shape))


def test_every_pruner_but_the_random_one_has_a_formula() -> None:
    assert {*FORMULAS, "random"} == set(PRUNERS)


@pytest.mark.parametrize("name", FORMULAS)
def test_formula(name: str, quadratic: Any) -> None:
    result, ticket = finished_round()
    score = implementation_of(PRUNERS[name]())(jax.random.key(0), result, ticket, quadratic(np.ones(SIZE)))
    kept = np.asarray(result.mask)
    expected = FORMULAS[name](*(np.asarray(a)[kept] for a in (ticket.start, result.mean, result.std)))
    np.testing.assert_allclose(np.asarray(score)[kept], expected, rtol=1e-6)


@every_pruner
def test_scores_are_finite_and_the_same_under_jit(score: Any, quadratic: Any) -> None:
    result, ticket = finished_round()
    arguments = jax.random.key(1), result, ticket, quadratic(np.ones(SIZE))
    plain, again, jitted = score(*arguments), score(*arguments), jax.jit(score)(*arguments)
    assert plain.shape == (SIZE,)
    assert plain.dtype == jnp.float32
    assert jnp.isfinite(plain).all()
    np.testing.assert_array_equal(plain, again)
    np.testing.assert_allclose(plain, jitted, rtol=1e-6)


@every_pruner
def test_replicates_are_scored_as_if_alone(score: Any, quadratic: Any) -> None:
    result, ticket = finished_round((REPLICATES,))
    problem, keys = quadratic(np.ones(SIZE)), jax.random.split(jax.random.key(1), REPLICATES)
    together = jax.vmap(score, (0, 0, 0, None))(keys, result, ticket, problem)
    for i in range(REPLICATES):
        alone = score(keys[i], *jax.tree.map(lambda a, i=i: a[i], (result, ticket)), problem)
        np.testing.assert_allclose(together[i], alone, rtol=1e-6)


@every_pruner
def test_what_is_pruned_next_was_still_there(score: Any, quadratic: Any) -> None:
    result, ticket = finished_round()
    problem = quadratic(np.ones(SIZE))
    scores = score(jax.random.key(2), result, ticket, problem)
    mask = masks.prune(result.mask, scores, problem.layout, masks.counts(problem.layout, 0.25)).mask
    assert mask.sum() == 10
    assert not (mask & ~result.mask).any()
    assert jnp.min(scores[mask]) >= jnp.max(scores[result.mask & ~mask])


def test_random_scores_depend_on_the_key_and_on_nothing_else(quadratic: Any) -> None:
    score, problem = implementation_of(PRUNERS["random"]()), quadratic(np.ones(SIZE))
    result, ticket = finished_round()
    other = TrainingResult(result.mean + 1.0, None, result.mask)
    key = jax.random.key(3)
    np.testing.assert_array_equal(score(key, result, ticket, problem), score(key, other, ticket, problem))
    assert (score(key, result, ticket, problem) != score(jax.random.key(4), result, ticket, problem)).any()


def test_snr_of_one_sigma_for_all_prunes_as_magnitude_does(quadratic: Any) -> None:
    result, ticket = finished_round()
    same = TrainingResult(result.mean, jnp.where(result.mask, 0.3, 0.0), result.mask)
    problem, key = quadratic(np.ones(SIZE)), jax.random.key(0)
    scores = [implementation_of(PRUNERS[name]())(key, same, ticket, problem) for name in ("snr", "magnitude")]
    kept = [masks.prune(result.mask, score, problem.layout, masks.counts(problem.layout, 0.2)).mask for score in scores]
    np.testing.assert_array_equal(*kept)


@pytest.mark.slow
def test_gradients_at_initialisation_against_finite_differences() -> None:
    """SNIP and GraSP on a small network: what happens to L and to |∇L|² when one weight is scaled a little."""
    problem = bind(Fashion(batch=16, pool=7), MLP(hidden=(3,), activation="tanh"))
    start, key = problem.initialise(jax.random.key(0)), jax.random.key(1)
    mask = ~jnp.asarray(problem.layout.prunable) | (jnp.arange(start.size) % 3 > 0)
    ticket = Ticket(mask, start, start)
    result = TrainingResult(jnp.where(mask, 7.0, 0.0), None, mask)
    kept = np.flatnonzero(np.asarray(mask) & problem.layout.prunable)

    @jax.jit
    def norm_and_loss(theta: jax.Array) -> jax.Array:
        loss, gradient = jax.value_and_grad(lambda t: problem.loss(key, t))(theta)
        return jnp.stack([loss, 0.5 * jnp.sum(jnp.where(mask, gradient, 0.0) ** 2)])

    def change(i: int, step: float = 1e-2) -> np.ndarray:
        scaled = [jnp.where(mask, start, 0.0).at[i].multiply(1 + sign * step) for sign in (1, -1)]
        return np.asarray(norm_and_loss(scaled[0]) - norm_and_loss(scaled[1])) / (2 * step)

    numerical = np.stack([change(int(i)) for i in kept])
    for name, column, absolute in (("snip", 0, True), ("grasp", 1, False)):
        found = np.asarray(implementation_of(PRUNERS[name]())(key, result, ticket, problem))[kept]
        expected = np.abs(numerical[:, column]) if absolute else numerical[:, column]
        np.testing.assert_allclose(found, expected, rtol=0.02, atol=2e-4)
        assert np.abs(expected).max() > 0.01


@pytest.mark.slow
def test_second_orders_of_a_network_against_its_whole_hessian() -> None:
    """The diagonal is estimated, and close to the truth; the Fisher information is exact."""
    problem = bind(Fashion(batch=16, pool=7), MLP(hidden=(3,)))
    theta, key = problem.initialise(jax.random.key(0)), jax.random.key(1)
    mask = ~jnp.asarray(problem.layout.prunable) | (jnp.arange(theta.size) % 3 > 0)
    result, ticket = TrainingResult(jnp.where(mask, theta, 0.0), None, mask), Ticket(mask, theta, theta)
    given = problem.fixed_examples("train", 1000, 1000)
    examples = jax.tree.map(lambda array: array[0], given.examples)
    losses = jax.jit(lambda weights: problem.losses(weights, examples))
    truth = jnp.diag(jax.jit(jax.hessian(lambda weights: losses(weights).mean()))(result.mean))
    information = jnp.mean(jax.jit(jax.jacrev(losses))(result.mean) ** 2, 0)
    found = implementation_of(PRUNERS["hessian_diagonal"]())(key, result, ticket, problem)
    np.testing.assert_allclose(found, 0.5 * result.mean**2 * truth, atol=0.05 * float(found.max()))
    assert np.corrcoef(found, result.mean**2 * truth)[0, 1] > 0.99
    found = implementation_of(PRUNERS["fisher"]())(key, result, ticket, problem)
    np.testing.assert_allclose(found, 0.5 * result.mean**2 * information, rtol=1e-3, atol=1e-7)
    assert not np.asarray(found)[~np.asarray(mask)].any()


def test_snr_without_a_search_distribution_says_what_to_do(quadratic: Any) -> None:
    result, ticket = finished_round()
    trained = TrainingResult(result.mean, None, result.mask)
    with pytest.raises(TicketError, match="prune by magnitude"):
        implementation_of(PRUNERS["snr"]())(jax.random.key(0), trained, ticket, quadratic(np.ones(SIZE)))
