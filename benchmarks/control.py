"""Control tasks against the same work elsewhere: evosax's gymnax problem, brax's own step loop, PPO without masks."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from benchmarks.box2d_shares import Shares, stepped
from benchmarks.figures import Figure, speed_ratio
from ticket_explorer import masks
from ticket_explorer.keys import arithmetic
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers.ppo import ProximalPolicyOptimisation
from ticket_explorer.trainers.ppo_settings import PPO

POPULATION, EPISODES, STEPS = 100, 8, 200
BRAX_STEPS, BRAX_BATCH = 100, 64
LANDERS, LANDER_STEPS, WORKERS = 32, 50, 2
"""So few steps that no lander has landed: both sides do the same number."""
REPEATS = 7
KEY = jax.random.key(0)
Work = Callable[[], object]


def measure() -> list[Figure]:
    with arithmetic():
        dense, sparse = (speed_ratio(_ours(density), _evosax(), REPEATS) for density in (1.0, 0.05))
        ant = speed_ratio(*_ant(), REPEATS)
        ppo = speed_ratio(*_ppo(), REPEATS)
        together, alone = _box2d()
        by_envpool = [speed_ratio(_landers("envpool"), _landers("gymnasium"), REPEATS)] if find_spec("envpool") else []
    return [
        Figure("Pendulum, dense, against evosax's own gymnax problem, speed", dense, 1.0, at_least=True),
        Figure("Pendulum, density 0.05, against the same dense, speed", sparse, 1.3, at_least=True),
        Figure("Ant with policies against brax's loop without one, speed", ant, 0.8, at_least=True),
        Figure(
            f"LunarLander in {WORKERS} workers against {WORKERS} × one alone, no policies", alone, 0.9, at_least=True
        ),
        Figure(f"the same against {WORKERS} processes at once, no policies, speed", together, 0.9, at_least=True),
        Figure("PPO with a mask against the same without, speed", ppo, 0.9, at_least=True),
        *(Figure("LunarLander by EnvPool against Gymnasium, speed", ratio, 1.0, at_least=True) for ratio in by_envpool),
    ]


class _Policy(nn.Module):
    @nn.compact
    def __call__(self, observation: Array, key: Array) -> Array:
        units = nn.tanh(nn.Dense(64)(nn.tanh(nn.Dense(64)(observation))))
        return nn.Dense(1)(units)


def _evosax() -> Work:
    from evosax.problems.rl.gymnax import GymnaxProblem

    problem = GymnaxProblem("Pendulum-v1", _Policy(), STEPS, EPISODES, False)
    state = problem.init(KEY)
    population = jax.vmap(lambda key: problem.policy.init(key, jnp.zeros(3), key))(jax.random.split(KEY, POPULATION))
    # Only fitness is returned, so XLA removes the work for the states that evosax would return as well.
    evaluate = jax.jit(lambda key, population: problem.eval(key, population, state)[0])
    return lambda: evaluate(KEY, population).block_until_ready()


def _ours(density: float) -> Work:
    problem = bind(TASKS["pendulum"](episodes=EPISODES), MLP(hidden=(64, 64), activation="tanh"))
    population = jax.vmap(problem.initialise)(jax.random.split(KEY, POPULATION))
    everything = jnp.ones(problem.layout.size, bool)
    score, counts = jax.random.normal(KEY, (problem.layout.size,)), masks.counts(problem.layout, density)
    mask = masks.prune(everything, score, problem.layout, counts).mask
    narrowing, state = problem.narrow(mask, int(mask.sum())), problem.initial_state()
    evaluate = jax.jit(lambda key, population, narrowing: problem.fitness(key, population, state, narrowing)[0])
    return lambda: evaluate(KEY, population * mask, narrowing).block_until_ready()


def _ant() -> tuple[Work, Work]:
    """Ours with policies, and brax's own loop without; episodes don't end by a fall, so both do the same steps."""
    standing = {"terminate_when_unhealthy": False}
    task = TASKS["ant"](episodes=8, steps=BRAX_STEPS, parameters=standing)
    problem: Any = bind(task, MLP(hidden=(32, 32), activation="tanh"))
    population = jax.vmap(problem.initialise)(jax.random.split(KEY, BRAX_BATCH // 8))
    environment, state = problem.task.play.environment.made(), problem.initial_state()
    start = jax.jit(jax.vmap(environment.reset))(jax.random.key_data(jax.random.split(KEY, BRAX_BATCH)))
    action, step = jnp.zeros((BRAX_BATCH, environment.action_size)), jax.vmap(environment.step)

    def loop(start: Any) -> Array:
        def advance(state: Any, _: None) -> tuple[Any, Array]:
            after = step(jax.tree.map(lambda leaf: leaf, state), action)
            return jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state), after.reward

        rewards: Array = jax.lax.scan(advance, start, None, length=BRAX_STEPS)[1].sum(0)
        return rewards

    ours, plain = jax.jit(lambda key, population: problem.fitness(key, population, state)[0]), jax.jit(loop)
    return lambda: ours(KEY, population).block_until_ready(), lambda: plain(start).block_until_ready()


def _box2d() -> tuple[float, float]:
    """Ours with policies, against the same shares in as many processes at once, and against one share alone."""
    count, ours = LANDERS * EPISODES // WORKERS, _landers("gymnasium")
    with Shares(WORKERS, count, LANDER_STEPS) as shares:
        together = speed_ratio(ours, shares, REPEATS)
    return together, speed_ratio(ours, lambda: stepped(count, LANDER_STEPS), REPEATS)


def _landers(provider: str) -> Work:
    task = TASKS["lunar_lander"](episodes=EPISODES, steps=LANDER_STEPS, workers=WORKERS, provider=provider)
    problem = bind(task, MLP(hidden=(87, 87), activation="tanh"))
    population = jax.vmap(problem.initialise)(jax.random.split(KEY, LANDERS))
    state = problem.initial_state()
    evaluate = jax.jit(lambda key, population: problem.fitness(key, population, state)[0])
    return lambda: evaluate(KEY, population).block_until_ready()


def _ppo(generations: int = 100) -> tuple[Work, Work]:
    """Updates with the mask as an argument, and with a constant mask of ones, which XLA optimises away."""
    problem = bind(TASKS["pendulum"](), MLP(hidden=(32, 32)))
    trainer, theta = ProximalPolicyOptimisation(PPO(), problem.layout.size), problem.initialise(KEY)
    mask = jnp.ones(problem.layout.size, bool)

    def trained(mask: Array) -> Array:
        def generation(i: Array, state: Any) -> Any:
            return trainer.step(jax.random.fold_in(KEY, i), state, problem)[0]

        state = trainer.init(KEY, theta, mask, problem)
        result: Array = jax.lax.fori_loop(0, generations, generation, state).parameters.policy
        return result

    masked, plain = jax.jit(trained), jax.jit(lambda: trained(jnp.ones(problem.layout.size, bool)))
    return lambda: masked(mask).block_until_ready(), lambda: plain().block_until_ready()
