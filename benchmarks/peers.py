"""The same work by other libraries: a generation of the paper's CNN, all individuals on one batch of images."""

from collections.abc import Callable
from importlib.util import find_spec

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

Work = Callable[[], object]
SIDE, CLASSES = 28, 10


class Reference(nn.Module):
    """The CNN of Lange & Sprekeler (2023), written plainly as a flax module."""

    @nn.compact
    def __call__(self, images: Array) -> Array:
        for filters in (8, 16):
            images = nn.max_pool(nn.relu(nn.Conv(filters, (5, 5))(images)), (2, 2), strides=(2, 2))
        return nn.Dense(CLASSES)(images.reshape(images.shape[0], -1))


def images(count: int) -> tuple[Array, Array]:
    """Random images and classes; their values don't affect speed."""
    key = jax.random.key(0)
    return jax.random.normal(key, (count, SIDE, SIDE, 1)), jax.random.randint(key, (count,), 0, CLASSES)


def evosax_generation(population: int, batch: int, generations: int = 1) -> Work:
    """evosax's SNES over that module: `vmap`, each generation jitted as a whole."""
    from evosax.algorithms import SNES

    module, (pixels, labels) = Reference(), images(60 * batch // 10)
    strategy = SNES(population, module.init(jax.random.key(0), pixels[:1]))
    parameters = strategy.default_params

    def cost(weights: object, seen: Array, classes: Array) -> Array:
        chances = jax.nn.log_softmax(module.apply(weights, seen))
        return -jnp.take_along_axis(chances, classes[:, None], 1).mean()

    @jax.jit
    def generation(key: Array, state: object) -> object:
        ask, draw, tell = jax.random.split(key, 3)
        individuals, state = strategy.ask(ask, state, parameters)
        rows = jax.random.randint(draw, (batch,), 0, len(labels))
        costs = jax.vmap(cost, (0, None, None))(individuals, pixels[rows], labels[rows])
        return strategy.tell(tell, individuals, costs, state, parameters)[0]

    start = strategy.init(jax.random.key(1), module.init(jax.random.key(0), pixels[:1]), parameters)

    def run() -> object:
        state = start
        for number in range(generations):
            state = generation(jax.random.key(number), state)
        return jax.block_until_ready(state)

    return run


def evojax_generation(population: int, batch: int, generations: int = 1) -> Work | None:
    """EvoJAX's PGPE with its own network for these images; None if EvoJAX isn't installed."""
    if find_spec("evojax") is None:
        return None
    from evojax.algo import PGPE
    from evojax.policy.convnet import ConvNetPolicy
    from evojax.sim_mgr import SimManager
    from evojax.task.base import VectorizedTask
    from evojax.task.mnist import State, loss, sample_batch

    pixels, labels = images(60 * batch // 10)

    class Task(VectorizedTask):
        """EvoJAX's own MNIST task, on images that need no download."""

        def __init__(self) -> None:
            self.max_steps, self.obs_shape, self.act_shape = 1, (SIDE, SIDE, 1), (CLASSES,)
            self._reset = jax.jit(jax.vmap(lambda key: State(*sample_batch(key, pixels, labels, batch))))
            self._step = jax.jit(jax.vmap(lambda s, action: (s, -loss(action, s.labels), jnp.ones(()))))

        def reset(self, key: Array) -> object:
            return self._reset(key)

        def step(self, state: object, action: Array) -> object:
            return self._step(state, action)

    policy = ConvNetPolicy()
    solver = PGPE(pop_size=population, param_size=policy.num_params, optimizer="adam")
    manager = SimManager(
        policy_net=policy,
        train_vec_task=Task(),
        valid_vec_task=Task(),
        pop_size=population,
        n_repeats=1,
        test_n_repeats=1,
        n_evaluations=1,
    )

    def run() -> object:
        for _ in range(generations):
            scores, _ = manager.eval_params(params=solver.ask(), test=False)
            solver.tell(fitness=scores)
        return jax.block_until_ready(solver.best_params)

    return run
