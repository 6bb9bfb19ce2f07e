"""Box2D environments, stepped by Gymnasium's processes or EnvPool's threads between batched evaluations of policies.

A compiled function calls out to them in each step. The callbacks have side effects and must not be ordered
by JAX (ordered ones can't be batched away): each needs what the one before it gave, which orders them.
"""

import inspect
import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import io_callback
from jaxtyping import Array, Float

from ticket_explorer.callbacks import keeping_errors
from ticket_explorer.errors import TicketError
from ticket_explorer.registry import name_of
from ticket_explorer.tasks.control.box2d.envpool_stepper import stepper
from ticket_explorer.tasks.control.box2d.scenes import scene_of
from ticket_explorer.tasks.control.box2d.settings import Box2DSettings, Provider
from ticket_explorer.tasks.control.box2d.worker_pool import pool
from ticket_explorer.tasks.control.environment import Actions, EnvironmentState, Moment, needs, refuse_parameter
from ticket_explorer.tasks.control.problem import ControlTask
from ticket_explorer.tasks.control.scene import Scene
from ticket_explorer.tasks.control.stepping import Stand, Stepper, World
from ticket_explorer.tasks.control.worlds import maker


def load(settings: Box2DSettings) -> ControlTask:
    """The task of an environment.

    Raises:
        TicketError: if Gymnasium or Box2D is not installed, or the environment has no such parameter.
    """
    entry = settings.entry
    world = _envpools(settings) if settings.provider == "envpool" else _gymnasiums(settings)
    environment = Box2DEnvironment(
        provider=settings.provider,
        world=world,
        observation_shape=entry.observation,
        outputs=entry.outputs,
        steps=settings.steps or entry.steps,
        workers=settings.workers,
    )
    return ControlTask.of(settings, environment)


def _envpools(settings: Box2DSettings) -> World:
    needs("envpool", name_of(settings), "envpool")
    return World(settings.entry.envpool, (), _size(settings))


def _gymnasiums(settings: Box2DSettings) -> World:
    name, maker_name = name_of(settings), settings.entry.maker
    needs("gymnasium", name)
    needs("Box2D", name)
    known = _parameters(maker_name, ["continuous"])
    for parameter in settings.parameters:
        if parameter not in known:
            refuse_parameter(name, parameter, known)
    made = {**dict(settings.entry.fixed), **settings.parameters}
    _check(name, maker_name, made)
    return World(maker_name, tuple(sorted(made.items())), _size(settings))


def _size(settings: Box2DSettings) -> int | None:
    return settings.entry.outputs if settings.entry.continuous else None


@dataclass(frozen=True)
class Box2DEnvironment:
    """One environment with its parameters; a `CrowdEnvironment` whose state is what the pool calls a play."""

    provider: Provider
    world: World
    observation_shape: tuple[int, ...]
    outputs: int
    steps: int
    """Where episodes are cut off."""
    workers: int | None

    @property
    def actions(self) -> Actions:
        """Choices, or torques and throttles in [-1, 1]."""
        if self.world.size is None:
            return Actions(self.outputs)
        return Actions(self.outputs, (-1.0,) * self.outputs, (1.0,) * self.outputs)

    def begin(self, keys: Array, individuals: int) -> Moment:
        """The starts [N, E]: the same for all individuals."""
        seeds = jax.vmap(lambda key: jax.random.bits(key, (), jnp.uint32))(keys)
        shape = (individuals, len(seeds))
        found = io_callback(partial(self._begin, individuals), (_number(), *self._stand(shape)), seeds)
        return self._moment(*found)

    def advance(self, state: EnvironmentState, actions: Array) -> Moment:
        """What actions [N, E, ...] lead to."""
        found = io_callback(self._act, (_number(), *self._stand(actions.shape[:2])), state, actions)
        return self._moment(*found)

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """The body and its legs, as far as observations tell."""
        return scene_of(self.world.maker, observations)

    def page(self, states: EnvironmentState) -> str | None:
        """Gymnasium has no renderer of HTML."""
        return None

    @property
    def _stepper(self) -> Stepper:
        return stepper(self.workers) if self.provider == "envpool" else pool(self.workers)

    @keeping_errors
    def _begin(self, individuals: int, seeds: Array) -> tuple[Any, ...]:
        """On the host: a new play."""
        started = np.asarray(seeds, "<u4")
        number, stand = self._stepper.begin(self.world, np.tile(started, individuals))
        return self._told(number, stand, (individuals, len(started)))

    @keeping_errors
    def _act(self, number: Array, actions: Array) -> tuple[Any, ...]:
        """On the host: a step of a play."""
        size, given = self.world.size, np.asarray(actions)
        told = given.reshape(-1).astype("<i4") if size is None else given.reshape(-1, size).astype("<f4")
        stand = self._stepper.act(int(number), told, self.steps)
        return self._told(int(number), stand, given.shape[:2])

    def _told(self, number: int, stand: Stand, shape: tuple[int, ...]) -> tuple[Any, ...]:
        seen = stand.observations.reshape(*shape, *self.observation_shape)
        return np.int32(number), seen, stand.rewards.reshape(shape), stand.over.reshape(shape)

    def _stand(self, shape: tuple[int, ...]) -> tuple[jax.ShapeDtypeStruct, ...]:
        return (
            jax.ShapeDtypeStruct((*shape, *self.observation_shape), jnp.float32),
            jax.ShapeDtypeStruct(shape, jnp.float32),
            jax.ShapeDtypeStruct(shape, jnp.bool_),
        )

    @staticmethod
    def _moment(state: Array, observation: Array, reward: Array, over: Array) -> Moment:
        return Moment(state, observation, reward, over, jnp.zeros_like(over))


def _number() -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct((), jnp.int32)


def _check(task: str, name: str, parameters: dict[str, bool | int | float]) -> None:
    """Make an environment, to hear now what it does not like."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            maker(name)(**parameters)
        except (AssertionError, TypeError, ValueError) as error:
            said = f"{task} can't be created with {parameters}: {error}."
            raise TicketError(said, path="$.task.parameters", given=str(parameters)) from error


def _parameters(name: str, taken: list[str]) -> list[str]:
    """The numbers that an environment's class is made with, but for those that make it this task."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Box2D's bindings warn of what Python will change one day
        signature = inspect.signature(maker(name))
    numbers = [one.name for one in signature.parameters.values() if isinstance(one.default, bool | int | float)]
    return [number for number in numbers if number not in taken]
