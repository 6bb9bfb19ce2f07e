"""What rigid-body environments in JAX share, brax's and MuJoCo Playground's: states, steps and masses."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ticket_explorer.errors import InvalidValue
from ticket_explorer.keys import arithmetic
from ticket_explorer.tasks.control.environment import Actions, EnvironmentState, Moment
from ticket_explorer.tasks.control.silence import quiet

Numbers = tuple[tuple[str, float], ...]
LONGEST = 1000
"""Steps of an episode unless something else is asked for, as in brax and dm_control."""


@dataclass(frozen=True, kw_only=True)
class PhysicsEnvironment(ABC):
    """One environment with its physics."""

    mass: Numbers
    """In kg, by body."""
    parameters: Numbers
    steps: int
    """Where episodes are cut off."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation."""
        return _observation_shape(self)

    @property
    def actions(self) -> Actions:
        """Torques or other controls, each in [-1, 1]."""
        size = int(self.made().action_size)
        return Actions(size, (-1.0,) * size, (1.0,) * size)

    @partial(jax.jit, static_argnums=0)  # traced once: physics take seconds to trace
    def reset(self, key: Array) -> Moment:
        """The start of an episode."""
        with quiet():
            state = self.made().reset(jax.random.key_data(key))
        return _moment(jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.asarray(leaf).dtype), state))

    @partial(jax.jit, static_argnums=0)
    def step(self, key: Array, state: EnvironmentState, action: Array) -> Moment:
        """What an action leads to."""
        copy = jax.tree.map(lambda leaf: leaf, state)  # both write into the dictionaries that they are given
        with quiet():
            after = self.made().step(copy, action)
        return _moment(jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state))

    @abstractmethod
    def made(self) -> Any:
        """The package's own environment, made once in a process.

        Raises:
            TicketError: if the physics do not have, or would ignore, one of the changes.
        """


def check_body(body: str, known: list[str]) -> None:
    """Refuse the mass of a body that there is not.

    Raises:
        InvalidValue: with the names of the bodies.
    """
    if body not in known:
        raise InvalidValue("$.task.mass", repr(body), f"one of its bodies: {', '.join(filter(None, known))}")


@cache
def _observation_shape(environment: PhysicsEnvironment) -> tuple[int, ...]:
    with arithmetic():  # as when generations are traced, which take this trace up
        key = jax.eval_shape(lambda: jax.random.key(0))
        return tuple(jax.eval_shape(lambda key: environment.reset(key).observation, key).shape)


def _moment(state: Any) -> Moment:
    done = jnp.asarray(state.done, jnp.float32) > 0.5
    return Moment(state, state.obs, jnp.asarray(state.reward, jnp.float32), done, jnp.zeros((), bool))
