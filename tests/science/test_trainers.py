"""The contract of every trainer, on a small network and the embedded images."""

from dataclasses import fields
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.errors import TicketError
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import Problem, bind
from ticket_explorer.registry import implementation_of
from ticket_explorer.tasks.settings import Fashion
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.trainer import TrainingResult

pytestmark = pytest.mark.thorough

GENERATIONS = 40
QUICK: dict[str, dict[str, Any]] = {
    "evolution": {"population": 16},
    "gradient_descent": {"optimizer": {"name": "adam", "learning_rate": 0.01}},
    "stochastic_sparsification": {
        "optimizer": {"name": "adam", "learning_rate": 0.02},
        "score_optimizer": {"name": "adam", "learning_rate": 0.05},
    },
    "mask_evolution": {"population": 32, "elites": 4, "std": 0.3},
}
"""What lets each learn in a few generations, where the defaults don't."""
every_trainer = pytest.mark.parametrize("name", [name for name, settings in TRAINERS.items() if not settings.acts])


@cache
def images() -> Problem:
    return bind(Fashion(batch=64, pool=4), MLP(hidden=(8,)))


@cache
def made(name: str) -> Any:
    settings = _settings(name)
    problem, mask = images(), half_mask()
    return implementation_of(settings)(settings, int(mask.sum()) if settings.narrows else problem.layout.size)


def _settings(name: str) -> Any:
    import msgspec

    return msgspec.convert({"generations": GENERATIONS, **QUICK.get(name, {})}, TRAINERS[name])


def half_mask() -> jax.Array:
    layout = images().layout
    return ~jnp.asarray(layout.prunable) | (jnp.arange(layout.size) % 2 == 0)


@cache
def compiled(name: str) -> Any:
    """The whole round of two replicates as one executable: state and metrics after some generations."""
    trainer, problem = made(name), images()

    def generation(state: Any, key: jax.Array) -> Any:
        return trainer.step(key, state, problem)

    def run(key: jax.Array, theta0: jax.Array) -> Any:
        begin, rest = jax.random.split(key)
        state = trainer.init(begin, theta0, half_mask(), problem)
        state, metrics = jax.lax.scan(generation, state, jax.random.split(rest, GENERATIONS))
        return state, metrics, trainer.finish(state, problem)

    return jax.jit(jax.vmap(run))


def trained(name: str, seed: int = 1) -> tuple[Any, Any, TrainingResult]:
    keys = jax.random.split(jax.random.key(seed), 2)
    found: tuple[Any, Any, TrainingResult] = compiled(name)(keys, jax.vmap(images().initialise)(keys))
    return found


@every_trainer
def test_what_is_pruned_stays_exactly_zero(name: str) -> None:
    _, _, result = trained(name)
    assert not (result.mask & ~half_mask()).any(), "a mask never grows"
    assert not result.mean[~result.mask].any()
    prunable = jnp.asarray(images().layout.prunable)
    assert result.mask[:, ~prunable].all()
    assert TRAINERS[name].learns_mask or (result.mask == half_mask()).all()
    assert (result.std is not None) == TRAINERS[name].has_sigma
    assert result.std is None or not result.std[~result.mask].any()


@every_trainer
def test_it_learns(name: str) -> None:
    _, metrics, result = trained(name)
    fitness = metrics.fitness_mean
    assert jnp.isfinite(fitness).all()
    assert (fitness[:, -5:].mean(-1) > fitness[:, :5].mean(-1)).all()
    start = jnp.where(half_mask(), images().initialise(jax.random.key(3)), 0.0)
    score = [float(images().score(jax.random.key(0), theta, ())) for theta in (start, *result.mean)]
    assert min(score[1:]) > score[0]


@every_trainer
def test_keys_decide_everything(name: str) -> None:
    (_, first, result), (_, again, same), (_, other, _) = trained(name), trained(name), trained(name, seed=2)
    np.testing.assert_array_equal(result.mean, same.mean)
    np.testing.assert_array_equal(first.fitness_mean, again.fitness_mean)
    assert not np.array_equal(first.fitness_mean, other.fitness_mean)
    assert not np.array_equal(first.fitness_mean[0], first.fitness_mean[1])


@every_trainer
def test_a_step_keeps_shapes_and_does_not_recompile(name: str) -> None:
    trainer, problem = made(name), images()
    step = jax.jit(lambda key, state: trainer.step(key, state, problem))
    state = trainer.init(jax.random.key(0), problem.initialise(jax.random.key(1)), half_mask(), problem)
    for key in jax.random.split(jax.random.key(2), 2):
        after, metrics = step(key, state)
        described = [[(leaf.shape, leaf.dtype, leaf.weak_type) for leaf in jax.tree.leaves(s)] for s in (state, after)]
        assert described[0] == described[1]
        assert jax.tree.structure(state) == jax.tree.structure(after)
        steps = jnp.asarray(metrics.steps)
        told = [getattr(metrics, field.name) for field in fields(metrics) if field.name != "steps"]
        assert all(leaf.shape == () and leaf.dtype == jnp.float32 for leaf in told)
        assert (steps.shape, steps.dtype) == ((), jnp.int32)
        state = after
    assert step._cache_size() == 1


@every_trainer
def test_every_hyperparameter_can_be_tuned_in_all_replicates(name: str) -> None:
    trainer, (state, _, _) = made(name), trained(name)
    now = trainer.hyperparameters(state)
    assert now
    assert set(_settings(name).tunable) in (set(), set(now)), "what faces offer is what there is"
    for hyperparameter, value in now.items():
        assert value.shape == (2,)
        tuned = trainer.tuned(state, {hyperparameter: 0.5})
        assert trainer.hyperparameters(tuned)[hyperparameter].tolist() == pytest.approx([0.5, 0.5])
        types = [[(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(s)] for s in (state, tuned)]
        assert types[0] == types[1]


@every_trainer
def test_what_can_not_be_tuned_is_explained(name: str) -> None:
    trainer, (state, _, _) = made(name), trained(name)
    with pytest.raises(TicketError, match=r"\$\.trainer\.nothing: unknown hyper-parameter of a running .* 'nothing'"):
        trainer.tuned(state, {"nothing": 1.0})
    some = next(iter(trainer.hyperparameters(state)))
    with pytest.raises(TicketError, match="expected a finite number"):
        trainer.tuned(state, {some: float("nan")})


@pytest.mark.parametrize("name", [name for name, settings in TRAINERS.items() if settings.needs_loss])
def test_a_task_without_a_loss_is_refused(name: str, quadratic: Any) -> None:
    problem = quadratic(np.ones(4))

    class Lossless:
        layout, input_shape, initialise = problem.layout, problem.input_shape, problem.initialise
        initial_state, narrow, fitness, score = (
            problem.initial_state,
            problem.narrow,
            problem.fitness,
            problem.score,
        )

    trainer = implementation_of(_settings(name))(_settings(name), 4)
    with pytest.raises(TicketError, match="the task has none; train with an evolution strategy or mask evolution"):
        trainer.init(jax.random.key(0), jnp.ones(4), jnp.ones(4, bool), Lossless())


@every_trainer
def test_forward_passes_are_counted(name: str) -> None:
    passes = TRAINERS[name]().passes
    assert passes is None or passes > 0
    assert not TRAINERS[name].needs_loss or passes == 3, "a backward pass is two"
