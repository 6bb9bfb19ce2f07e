"""A problem small enough to know the answer of: a quadratic, its weights searched directly."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax import Array

from ticket_explorer.layout import Layout, Leaf, kept_indices
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.problems import FixedExamples, Split


@dataclass(frozen=True)
class Direct:
    """A network that is its weights: what it computes is θ itself, whatever the inputs."""

    layout: Layout

    def initialise(self, key: Array) -> Array:
        return jax.random.normal(key, (self.layout.size,))

    def apply(self, theta: Array, inputs: Array) -> Array:
        return jnp.broadcast_to(theta, (inputs.shape[0], theta.size))

    def population_apply(self, population: Array, inputs: Array) -> Array:
        return jax.vmap(lambda theta: self.apply(theta, inputs))(population)

    def narrow(self, mask: Array, kept: int) -> Narrowing:
        return Narrowing(self, kept_indices(mask, kept), None)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Quadratic:
    """Fitness −½ Σ c · (θ − target)²; its state counts the generations."""

    curvature: Array
    target: Array

    @property
    def layout(self) -> Layout:
        return Layout((Leaf("dense/kernel", self.curvature.shape, True, 0),))

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (1,)

    def initialise(self, key: Array) -> Array:
        return Direct(self.layout).initialise(key)

    def initial_state(self) -> Array:
        return jnp.zeros((), jnp.int32)

    def narrow(self, mask: Array, kept: int) -> Narrowing:
        return Direct(self.layout).narrow(mask, kept)

    def fitness(self, key: Array, population: Array, state: Array, narrowing: Any = None) -> tuple[Array, Array]:
        return -0.5 * jnp.sum(self.curvature * (population - self.target) ** 2, -1), state + 1

    def score(self, key: Array, theta: Array, state: Array) -> Array:
        return self.fitness(key, theta[None], state)[0][0]

    def loss(self, key: Array, theta: Array) -> Array:
        return -self.fitness(key, theta[None], self.initial_state())[0][0]

    @property
    def depends_on_batch(self) -> bool:
        return False

    def fixed_examples(self, split: Split, count: int | None, size: int) -> FixedExamples:
        return FixedExamples(jnp.zeros((1, 1)), jnp.ones((1, 1)))

    def losses(self, theta: Array, examples: Array) -> Array:
        return self.loss(jax.random.key(0), theta)[None]

    def training_loss(self, key: Array, theta: Array, state: Array) -> tuple[Array, Array]:
        return self.loss(key, theta), state + 1


@pytest.fixture
def quadratic() -> Callable[..., Quadratic]:
    """Makes the quadratic of some curvatures and, unless it is the origin, a target."""
    return lambda curvature, target=0.0: Quadratic(
        jnp.asarray(curvature, jnp.float32), jnp.full(len(curvature), target, jnp.float32)
    )
