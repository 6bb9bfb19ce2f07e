"""PPO presets against the public code of Lange & Sprekeler (2023), es-lottery, and each of them for a generation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from msgspec import structs

from sessions.specs.spec import parse_spec
from ticket_explorer import presets
from ticket_explorer.keys import generation_key
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks.control.brax.settings import ENTRIES
from ticket_explorer.trainers.ppo import ProximalPolicyOptimisation
from ticket_explorer.trainers.ppo_settings import PPO

COLUMNS = (
    "timesteps",
    "evaluations",
    "reward_scale",
    "action_repeat",
    "unroll",
    "updates",
    "discount",
    "learning_rate",
    "entropy",
    "batch",
)
BRAX = {  # src/brax_ppo/brax_configs.py, whole
    "ant": (50_000_000, 20, 10, 1, 5, 4, 0.97, 3e-4, 1e-2, 1024),
    "grasp": (1_200_000_000, 10, 10, 1, 20, 2, 0.99, 3e-4, 1e-3, 256),
    "fetch": (200_000_000, 20, 5, 1, 20, 4, 0.997, 3e-4, 1e-3, 256),
    "halfcheetah": (200_000_000, 20, 1, 1, 20, 8, 0.95, 3e-4, 1e-3, 512),
    "humanoid": (100_000_000, 20, 0.1, 1, 10, 8, 0.97, 3e-4, 1e-3, 1024),
    "reacher": (200_000_000, 20, 5, 4, 50, 8, 0.95, 3e-4, 1e-3, 256),
    "ur5e": (40_000_000, 20, 10, 1, 5, 4, 0.95, 2e-4, 1e-2, 1024),
    "hopper": (200_000_000, 20, 5, 2, 20, 8, 0.999, 6e-4, 1e-2, 256),
    "walker2d": (200_000_000, 20, 10, 3, 50, 8, 0.98, 3e-4, 1e-2, 256),
}
"""There: 32 minibatches, 2,048 environments, episodes of 500 steps, observations normalised, in all nine."""
KEY = jax.random.key(0)


@pytest.mark.parametrize("task", BRAX)
def test_a_preset_of_brax_has_the_numbers_of_the_public_code(task):
    row = dict(zip(COLUMNS, BRAX[task], strict=True))
    batch, unroll, repeat = row["batch"], row["unroll"], row["action_repeat"]
    evaluations = row["evaluations"] - 1
    a_generation = batch * unroll * 32 * repeat  # src/brax_ppo/brax_ppo.py, lines 125–132
    generations = evaluations * -(-row["timesteps"] // (evaluations * a_generation))
    for branch in parse_spec(presets.load(f"{task}-ppo")).branches:
        plan = branch.plan
        assert plan.trainer == PPO(
            generations=generations,
            environments=2048,
            steps=batch * 32 // 2048 * unroll,
            unroll=unroll,
            advantages="update",
            minibatches=32,
            epochs=row["updates"],
            discount=row["discount"],
            gae_lambda=0.95,
            clip=0.3,
            value_clip=False,
            entropy=row["entropy"],
            critic=0.5,
            learning_rate=row["learning_rate"],
            learning_rate_final=row["learning_rate"],
            adam_epsilon=1e-8,
            gradient_norm=None,
            reward_scale=row["reward_scale"],
            value_hidden=(256,) * 5,
            value_activation="swish",
        )
        assert (plan.task.backend, plan.task.steps, plan.task.action_repeat) == ("v1", 500, repeat)
        assert (plan.task.normalise, plan.task.squash, plan.task.noise_outputs) == (True, "tanh", True)
        assert plan.network == MLP(hidden=(32, 32), activation="swish", kernel_init="lecun_uniform")
        assert plan.layers()[-1].kernel == 32 * 2 * ENTRIES[task].outputs
        assert (plan.pruning.ratio, plan.pruning.rounds, plan.pruning.scope) == (0.2, 20, "global")
        assert plan.trainer.generations * plan.trainer.steps * 2048 * repeat >= row["timesteps"]


def test_the_preset_of_pendulum_has_the_numbers_of_the_public_code():
    """configs/train/ppo_gym.yaml; generations and rates as src/gym_ppo/gym_ppo.py makes them of these."""
    steps, environments, n_steps, minibatches, epochs, warm_up = 1_750_000, 32, 16, 8, 4, 0.05
    generations = (steps // environments + 1) // (n_steps + 1)
    plan = parse_spec(presets.load("pendulum-ppo")).branches[0].plan
    assert plan.trainer == PPO(
        generations=generations,
        environments=environments,
        steps=n_steps,
        minibatches=minibatches,
        epochs=epochs,
        discount=0.97,
        gae_lambda=0.95,
        clip=0.25,
        value_clip=True,
        entropy=0.005,
        critic=0.5,
        learning_rate=3e-4,
        learning_rate_final=1e-4,
        annealing=0.85,
        adam_epsilon=1e-5,
        gradient_norm=1.0,
        value_hidden=(32, 32),
    )
    updates = generations * epochs * minibatches
    assert plan.trainer.annealing == pytest.approx(int(steps * warm_up) / updates, abs=0.001)
    assert plan.task.noise_outputs
    assert plan.network == MLP(hidden=(32, 32), activation="relu", bias_init="uniform")
    layers = plan.layers()
    assert (sum(layer.size for layer in layers), sum(layer.kernel for layer in layers)) == (1250, 1184)


def test_tickets_of_evolution_are_trained_by_the_ppo_of_ant():
    wanted = parse_spec(presets.load("ant-ppo")).branches[0].plan.trainer
    for branch in parse_spec(presets.load("ant-es-to-ppo")).branches[1:]:
        assert structs.replace(branch.plan.trainer, std_init=1.0) == wanted
        assert branch.plan.trainer.std_init == pytest.approx(np.log1p(1.0) + 0.001, abs=1e-3)


def trained(plan, problem, mask, generations):
    trainer = ProximalPolicyOptimisation(plan.trainer, problem.layout.size)
    before = jax.jit(trainer.init)(KEY, problem.initialise(KEY), mask, problem)

    def generation(number, state):
        return trainer.step(generation_key(KEY, number), state, problem)[0]

    return before, jax.jit(lambda state: jax.lax.fori_loop(0, generations, generation, state))(before)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_preset_of_pendulum_swings_it_up():
    """From −1,200; the limit on values that the public code has holds it back from what is possible, −150."""
    plan = parse_spec(presets.load("pendulum-ppo")).branches[0].plan
    problem = bind(plan.task, plan.network)
    _, after = trained(plan, problem, jnp.ones(problem.layout.size, bool), plan.trainer.generations)
    assert float(jax.jit(problem.score)(KEY, after.parameters.policy, after.problem)) >= -400


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("task", BRAX)
def test_a_preset_of_brax_starts(task):
    """Two generations of a few environments, a small value network, short episodes."""
    plan = parse_spec(presets.load(f"{task}-ppo")).branches[0].plan
    small = {"environments": 4, "steps": plan.trainer.unroll, "minibatches": 2, "epochs": 1, "value_hidden": (8,)}
    plan = structs.replace(
        plan,
        trainer=structs.replace(plan.trainer, **small),
        task=structs.replace(plan.task, steps=12, test_episodes=2),
    )
    problem = bind(plan.task, plan.network)
    mask = (jax.random.uniform(KEY, (problem.layout.size,)) < 0.5) | ~problem.layout.prunable
    before, after = trained(plan, problem, mask, 2)
    np.testing.assert_array_equal(after.parameters.policy[~mask], 0.0)
    assert np.isfinite(after.parameters.policy).all()
    assert np.asarray(after.parameters.policy != before.parameters.policy)[mask].any()
    assert np.isfinite(jax.jit(problem.score)(KEY, after.parameters.policy, after.problem))
