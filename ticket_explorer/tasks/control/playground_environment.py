"""Environments of MuJoCo Playground, stepped by MuJoCo's own physics in JAX, without Playground's wrappers."""

from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.errors import InvalidValue
from ticket_explorer.keys import random_bits
from ticket_explorer.registry import name_of
from ticket_explorer.tasks.control.environment import Actions, EnvironmentState, Moment, needs, refuse_parameter
from ticket_explorer.tasks.control.playground_settings import PlaygroundSettings
from ticket_explorer.tasks.control.problem import ControlTask
from ticket_explorer.tasks.control.quiet import quiet, without_log
from ticket_explorer.tasks.control.scene import Scene
from ticket_explorer.tasks.control.skeleton import Skeleton

Numbers = tuple[tuple[str, float], ...]
LONGEST = 1000
"""Steps of an episode, as in dm_control."""
PARAMETERS = ("ctrl_dt", "sim_dt")
"""The others of Playground's configuration are sizes of buffers, or work in wrappers that are not used here."""
JAX_PHYSICS = {"impl": "jax"}
"""Unless it is asked for, Playground steps by Warp."""


def load(settings: PlaygroundSettings) -> ControlTask:
    """The task of an environment.

    Raises:
        TicketError: if Playground is not installed, or has no such body or number.
    """
    name = name_of(settings)
    needs("mujoco_playground", name, "playground")
    for parameter in settings.parameters:
        if parameter not in PARAMETERS:
            refuse_parameter(name, parameter, list(PARAMETERS))
    environment = PlaygroundEnvironment(
        id=settings.entry.id,
        mass=tuple(sorted(settings.mass.items())),
        parameters=tuple(sorted(settings.parameters.items())),
        steps=settings.steps or LONGEST,
    )
    environment.made()
    return ControlTask.of(settings, environment)


@dataclass(frozen=True)
class PlaygroundEnvironment:
    """One environment with its physics."""

    id: str
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
        """Controls, each in [-1, 1]."""
        size = int(self.made().action_size)
        return Actions(size, (-1.0,) * size, (1.0,) * size)

    @partial(jax.jit, static_argnums=0)  # traced once: physics take seconds to trace
    def reset(self, key: Array) -> Moment:
        """The start of an episode."""
        with quiet():
            state = self.made().reset(jax.random.key_data(key))
        return self._moment(jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.asarray(leaf).dtype), state))

    @partial(jax.jit, static_argnums=0)
    def step(self, key: Array, state: EnvironmentState, action: Array) -> Moment:
        """What an action leads to."""
        copy = jax.tree.map(lambda leaf: leaf, state)  # Playground writes into the dictionaries that it is given
        with quiet():
            after = self.made().step(copy, action)
        return self._moment(jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state))

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """The bodies, each joined to the one that carries it; the view follows the first."""
        model, moving = self.made().mj_model, states.data
        parents = np.asarray(model.body_parentid)
        return Skeleton(
            positions=np.asarray(moving.xpos)[:, 1:],
            turns=np.asarray(moving.xquat)[:, 1:],
            pairs=[(body - 1, int(parents[body]) - 1) for body in range(1, model.nbody) if parents[body] > 0],
            # A body lies at its joint: a limb ends as far beyond its middle again.
            ends=dict(enumerate(2 * np.asarray(model.body_ipos)[1:])),
        ).scene()

    def page(self, states: EnvironmentState) -> str | None:
        """Playground has no renderer of HTML."""
        return None

    def made(self) -> Any:
        """Playground's own environment.

        Raises:
            InvalidValue: if it has no such body.
        """
        return _made(self.id, self.mass, self.parameters)

    @staticmethod
    def _moment(state: Any) -> Moment:
        done = jnp.asarray(state.done, jnp.float32) > 0.5
        return Moment(state, state.obs, jnp.asarray(state.reward, jnp.float32), done, jnp.zeros((), bool))


@cache
def _observation_shape(environment: PlaygroundEnvironment) -> tuple[int, ...]:
    with random_bits():  # as when generations are traced, which take this trace up
        key = jax.eval_shape(lambda: jax.random.key(0))
        return tuple(jax.eval_shape(lambda key: environment.reset(key).observation, key).shape)


@cache
def _made(identifier: str, mass: Numbers, parameters: Numbers) -> Any:
    with quiet():
        from mujoco_playground import dm_control_suite

        with without_log():
            made = dm_control_suite.load(identifier, config_overrides={**JAX_PHYSICS, **dict(parameters)})
            if mass:
                _change_masses(made, dict(mass))
    return made


def _change_masses(made: Any, mass: dict[str, float]) -> None:
    """Bodies of another mass and the same shape: their inertia grows alike."""
    import mujoco
    from mujoco import mjx

    model = made.mj_model
    known = [model.body(body).name for body in range(1, model.nbody)]
    for name, kilograms in mass.items():
        if name not in known:
            raise InvalidValue("$.task.mass", repr(name), f"one of its bodies: {', '.join(known)}")
        body = known.index(name) + 1
        model.body_inertia[body] *= kilograms / model.body_mass[body]
        model.body_mass[body] = kilograms
    mujoco.mj_setConst(model, mujoco.MjData(model))
    made._mjx_model = mjx.put_model(model, **JAX_PHYSICS)
