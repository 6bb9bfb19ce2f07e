"""PPO: pruned weights stay exactly zero, advantages are those of their equation, and it learns."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sessions.spec import parse_spec
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import generation_key
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control.environment import Actions
from ticket_explorer.trainers.ppo import ProximalPolicyOptimisation
from ticket_explorer.trainers.ppo_play import _advantages
from ticket_explorer.trainers.ppo_policy import draw, entropy_of, log_probability
from ticket_explorer.trainers.ppo_settings import PPO
from ticket_explorer.trainers.trainer import KeepingTrainer

KEY = jax.random.key(2)
TINY = PPO(environments=4, steps=8, minibatches=2, epochs=2, value_hidden=(8,), generations=10)


def ready(task="pendulum", settings=TINY, hidden=(8,), share=0.3, **given):
    problem = bind(TASKS[task](**{"steps": 6, "test_episodes": 2, **given}), MLP(hidden=hidden, activation="relu"))
    mask = (jax.random.uniform(KEY, (problem.layout.size,)) < share) | ~problem.layout.prunable
    trainer = ProximalPolicyOptimisation(settings, int(mask.sum()))
    state = jax.jit(trainer.init)(KEY, problem.initialise(KEY), mask, problem)
    return problem, trainer, mask, state


def trained(problem, trainer, state, generations):
    def generation(i, carry):
        state, total = carry
        state, metrics = trainer.step(generation_key(KEY, i), state, problem)
        return state, total.at[i].set(metrics.fitness_mean)

    start = (state, jnp.full(generations, jnp.nan))
    return jax.jit(lambda start: jax.lax.fori_loop(0, generations, generation, start))(start)


@pytest.mark.parametrize("task", ["pendulum", pytest.param("cartpole", marks=pytest.mark.slow)])
def test_pruned_weights_stay_exactly_zero_and_kept_ones_learn(task):
    problem, trainer, mask, state = ready(task, normalise=True)
    after, fitness = trained(problem, trainer, state, 3)
    result = trainer.finish(after, problem)
    np.testing.assert_array_equal(result.mean[~mask], 0.0)
    assert np.asarray(after.parameters.policy != state.parameters.policy)[mask].any()
    assert not np.array_equal(after.parameters.value, state.parameters.value)
    assert result.std is None
    assert np.isfinite(fitness).any()
    assert int(after.problem.observations.count) == 3 * 32
    assert jax.jit(trainer.step)(KEY, state, problem)[1].steps == TINY.environments * TINY.steps == 32
    assert isinstance(trainer, KeepingTrainer)
    np.testing.assert_array_equal(trainer.beside(after)[0], after.parameters.value)


def test_every_mask_shares_one_executable():
    problem, trainer, mask, state = ready()
    step = jax.jit(trainer.step)
    other = jax.jit(trainer.init)(KEY, problem.initialise(KEY), jnp.flip(mask), problem)
    for one in (state, other):
        step(KEY, one, problem)
    assert step._cache_size() == 1


def test_advantages_are_those_of_the_equation():
    rng = np.random.default_rng(0)
    kept = {name: rng.normal(size=(6, 2)).astype(np.float32) for name in ("rewards", "values", "next_values")}
    kept["ended"] = jnp.asarray(rng.random((6, 2)) < 0.3)
    found = _advantages({name: jnp.asarray(leaf) for name, leaf in kept.items()}, TINY)
    errors = kept["rewards"] + TINY.discount * kept["next_values"] - kept["values"]
    for start in range(6):
        for player in range(2):
            total, weight = 0.0, 1.0
            for step in range(start, 6):
                total += weight * errors[step, player]
                if kept["ended"][step, player]:
                    break
                weight *= TINY.discount * TINY.gae_lambda
            assert float(found[start, player]) == pytest.approx(total, rel=1e-4, abs=1e-5)


def test_probabilities_are_those_of_what_is_drawn():
    outputs, log_std = jnp.array([[0.3, -1.0]]), jnp.array([0.1, -0.4])
    gaussian = Actions(2, (-9.0, -9.0), (9.0, 9.0))
    drawn = draw(KEY, gaussian, jnp.broadcast_to(outputs, (20_000, 2)), log_std)
    np.testing.assert_allclose(drawn.std(0), np.exp(log_std), rtol=0.03)
    spread = -float(log_probability(gaussian, jnp.broadcast_to(outputs, drawn.shape), log_std, drawn).mean())
    assert float(entropy_of(gaussian, outputs, log_std)[0]) == pytest.approx(spread, rel=0.02)
    choices = draw(KEY, Actions(2), jnp.broadcast_to(outputs, (20_000, 2)), log_std)
    first = float(jnp.exp(log_probability(Actions(2), outputs, log_std, jnp.array([0])))[0])
    assert float((choices == 0).mean()) == pytest.approx(first, abs=0.02)


def test_images_have_no_environment_to_act_in():
    with pytest.raises(TicketError, match=r"\$\.trainer\.name: ppo on fashion, expected"):
        parse_spec({"task": {"name": "fashion"}, "trainer": {"name": "ppo"}})
    with pytest.raises(TicketError, match=r"\$\.trainer\.minibatches: 7, expected a divisor"):
        parse_spec({"task": {"name": "pendulum"}, "trainer": {"name": "ppo", "minibatches": 7}})


@pytest.mark.slow
def test_ppo_swings_the_pendulum_up():
    problem, trainer, _, state = ready(
        "pendulum", PPO(generations=3400), (32, 32), share=1.0, steps=200, test_episodes=100
    )
    after, _ = trained(problem, trainer, state, 3400)
    assert float(problem.score(KEY, after.parameters.policy, after.problem)) >= -300
