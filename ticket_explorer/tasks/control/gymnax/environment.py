"""gymnax environments (Lange 2022), stepped without their automatic resets."""

from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.registry import name_of
from ticket_explorer.tasks.control.environment import Actions, EnvironmentState, Moment, needs, refuse_parameter
from ticket_explorer.tasks.control.gymnax.scenes import scene_of
from ticket_explorer.tasks.control.gymnax.settings import GymnaxSettings
from ticket_explorer.tasks.control.problem import ControlTask
from ticket_explorer.tasks.control.scene import Scene

LIMIT = "max_steps_in_episode"


def load(settings: GymnaxSettings) -> ControlTask:
    """The task of an environment.

    Raises:
        TicketError: if gymnax is not installed, or the environment does not have one of the parameters.
    """
    needs("gymnax", name_of(settings))
    _, defaults = _made(settings.entry.id)
    known = {field.name: getattr(defaults, field.name) for field in fields(defaults)}
    numbers = [name for name, value in known.items() if isinstance(value, bool | int | float) and name != LIMIT]
    for name in settings.parameters:
        if name not in numbers:
            refuse_parameter(name_of(settings), name, numbers)
    given = {name: type(known[name])(value) for name, value in settings.parameters.items()}
    steps = settings.steps or int(known[LIMIT])
    environment = GymnaxEnvironment(settings.entry.id, tuple(sorted(given.items())), steps)
    return ControlTask.of(settings, environment)


@dataclass(frozen=True)
class GymnaxEnvironment:
    """One environment with its parameters."""

    id: str
    parameters: tuple[tuple[str, float], ...]
    steps: int
    """Where episodes are cut off."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation; a discrete one is one-hot."""
        space = self._environment.observation_space(self._parameters)
        return tuple(space.shape) or (int(space.n),)

    @property
    def actions(self) -> Actions:
        """What it can be told."""
        with jax.ensure_compile_time_eval():  # some spaces build their bounds on each call, perhaps during a trace
            space = self._environment.action_space(self._parameters)
            if hasattr(space, "n"):
                return Actions(int(space.n))
            low, high = (np.broadcast_to(np.asarray(end, np.float32), space.shape) for end in (space.low, space.high))
        return Actions(low.size, tuple(map(float, low)), tuple(map(float, high)))

    def reset(self, key: Array) -> Moment:
        """The start of an episode."""
        observation, state = self._environment.reset_env(key, self._parameters)
        no = jnp.zeros((), bool)
        return Moment(_arrays(state), self._seen(observation), jnp.zeros(()), no, no)

    def step(self, key: Array, state: EnvironmentState, action: Array) -> Moment:
        """What an action leads to."""
        environment, parameters = self._environment, self._parameters
        observation, after, reward, terminated, _ = environment.step_env(key, state, action, parameters)
        return Moment(
            state=jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype).reshape(old.shape), after, state),
            observation=self._seen(observation),
            reward=jnp.asarray(reward, jnp.float32).reshape(()),
            terminated=jnp.asarray(terminated, bool).reshape(()),
            truncated=jnp.asarray(environment.is_truncated(after, parameters), bool).reshape(()),
        )

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """Drawings of consecutive states."""
        return scene_of(self.id, states, observations)

    def page(self, states: EnvironmentState) -> str | None:
        """gymnax has no renderer of HTML."""
        return None

    @property
    def _environment(self) -> Any:
        return _made(self.id)[0]

    @cached_property
    def _parameters(self) -> Any:
        defaults = _made(self.id)[1]
        limit = type(getattr(defaults, LIMIT))(self.steps)  # a float for the bandits, whose time is one
        return defaults.replace(**dict(self.parameters), **{LIMIT: limit})

    def _seen(self, observation: Array) -> Float[Array, "..."]:
        if jnp.ndim(observation) == 0:
            return jax.nn.one_hot(observation, self.observation_shape[0])
        return jnp.asarray(observation, jnp.float32)


@cache
def _made(identifier: str) -> tuple[Any, Any]:
    import gymnax

    environment, parameters = gymnax.make(identifier)
    return environment, parameters


def _arrays(state: Any) -> Any:
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.asarray(leaf).dtype), state)
