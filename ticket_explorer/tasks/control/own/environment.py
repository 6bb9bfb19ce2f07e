"""An environment of one's own: any class with `reset` and `step` in JAX, and what it may be told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.keys import arithmetic
from ticket_explorer.own_code import hashable
from ticket_explorer.own_running import loaded, told
from ticket_explorer.tasks.control.environment import Actions, EnvironmentState, Moment
from ticket_explorer.tasks.control.problem import ControlTask
from ticket_explorer.tasks.control.scene import Scene, bars, cells
from ticket_explorer.tasks.control.spaces import Spaces

if TYPE_CHECKING:
    from ticket_explorer.tasks.control.own.settings import OwnEnvironment as Settings

LONGEST = 1000
"""Steps of an episode of a class that doesn't say how long it is."""


def load(settings: "Settings") -> ControlTask:
    """The task of an environment.

    Raises:
        TicketError: if its code is not trusted or fails, or it is another one than the session began with.
    """
    found = measured(settings)
    if settings.measured not in (None, found):
        assert settings.measured is not None
        raise TicketError(
            f"{settings.place} is another environment here than the one this session began with: "
            f"{found.words} now, {settings.measured.words} then. Install the versions that it was made with."
        )
    environment = OwnEnvironment(
        place=settings.place,
        source=settings.source,
        parameters=hashable(sorted(settings.parameters.items())),
        observation_shape=found.observation,
        actions=Actions(found.outputs, found.low, found.high),
        steps=found.steps,
    )
    return ControlTask.of(settings, environment)


def measured(settings: "Settings") -> Spaces:
    """What an environment says of itself; a step of it is traced, not taken.

    Raises:
        TicketError: if its code is not trusted or fails, or gives something else than an environment does.
    """
    place = settings.place
    kind = loaded(place, settings.source, settings.parameters)
    if not isinstance(kind, type) or not all(callable(getattr(kind, name, None)) for name in ("reset", "step")):
        raise InvalidValue("$.task.name", place, "a class with methods reset and step")
    with told(place.rpartition(":")[0], settings.source):
        made = kind(**settings.parameters)
    actions, steps = _actions(made, place), getattr(made, "steps", LONGEST)
    if not isinstance(steps, int) or steps < 1:
        raise InvalidValue(f"{place}: steps", steps, "a whole number of at least 1")
    with told(place.rpartition(":")[0], settings.source), arithmetic():
        observation = _traced(made, actions, place)
    seen, count = observation or (1,), actions.count
    return Spaces(observation=seen, outputs=count, low=actions.low, high=actions.high, steps=steps)


def _traced(made: Any, actions: Actions, place: str) -> tuple[int, ...]:
    """The shape of an observation, by tracing the start and a step of an episode."""
    key = jax.eval_shape(lambda: jax.random.key(0))
    began = _of_length(jax.eval_shape(made.reset, key), 2, f"{place}: reset", "a state and an observation")
    state, observation = began
    if not hasattr(observation, "shape"):
        raise InvalidValue(f"{place}: reset", type(observation).__name__, "a state and an observation, an array")
    action = jax.ShapeDtypeStruct(*(((), jnp.int32) if actions.is_discrete else ((actions.count,), jnp.float32)))
    went = jax.eval_shape(made.step, key, state, action)
    expected = "a state, an observation, a reward and whether the episode is over"
    after, seen, reward, over = _of_length(went, 4, f"{place}: step", expected)
    if _shapes((after, seen)) != _shapes((state, observation)):
        raise TicketError(
            f"{place}: step gives a state or an observation of other shapes than reset: {_shapes((after, seen))}, "
            f"where {_shapes((state, observation))} were expected; return the same."
        )
    for name, value in (("reward", reward), ("end", over)):
        if np.prod(jnp.shape(value)) != 1:
            raise InvalidValue(f"{place}: step", f"a {name} of shape {jnp.shape(value)}", "a single value")
    return tuple(observation.shape)


@dataclass(frozen=True)
class OwnEnvironment:
    """A class of one's own as an `Environment`."""

    place: str
    source: str = field(repr=False)
    parameters: tuple[tuple[str, Any], ...]
    observation_shape: tuple[int, ...]
    actions: Actions
    steps: int
    """Where episodes are cut off."""

    def reset(self, key: Array) -> Moment:
        """The start of an episode.

        Raises:
            TicketError: if the class fails.
        """
        with self._told():
            state, observation = self._made.reset(key)
        no = jnp.zeros((), bool)
        return Moment(_arrays(state), self._seen(observation), jnp.zeros(()), no, no)

    def step(self, key: Array, state: EnvironmentState, action: Array) -> Moment:
        """What an action leads to.

        Raises:
            TicketError: if the class fails.
        """
        with self._told():
            after, observation, reward, over = self._made.step(key, state, action)
            return Moment(
                state=jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype).reshape(old.shape), after, state),
                observation=self._seen(observation),
                reward=jnp.asarray(reward, jnp.float32).reshape(()),
                terminated=jnp.asarray(over, bool).reshape(()),
                truncated=jnp.zeros((), bool),
            )

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """What its `draw` draws, or else what the policy sees: a picture, or a bar for each number.

        Raises:
            TicketError: if `draw` fails, or gives something else than line segments.
        """
        if not hasattr(self._made, "draw"):
            return cells(observations) if observations.ndim == 4 else bars(observations)
        with self._told():
            segments = np.asarray(jax.vmap(self._made.draw)(states), np.float32)
        if segments.ndim != 3 or segments.shape[2] != 4:
            raise InvalidValue(f"{self.place}: draw", segments.shape[1:], "line segments, (n, 4): x, y, x, y of each")
        ends = segments.reshape(-1, 2)
        (left, bottom), (right, top) = ends.min(0) - 0.1, ends.max(0) + 0.1
        return Scene((float(left), float(right), float(bottom), float(top)), segments)

    def page(self, states: EnvironmentState) -> str | None:
        """It has no renderer of HTML."""
        return None

    @cached_property
    def _made(self) -> Any:
        kind = loaded(self.place, self.source, dict(self.parameters))
        with self._told():
            return kind(**dict(self.parameters))

    @contextmanager
    def _told(self) -> Iterator[None]:
        with told(self.place.rpartition(":")[0], self.source):
            yield

    def _seen(self, observation: Any) -> Float[Array, "..."]:
        return jnp.asarray(observation, jnp.float32).reshape(self.observation_shape)


def _actions(made: Any, place: str) -> Actions:
    """Choices, or numbers in a range, as the class says by `actions`, or by `low` and `high`."""
    count = getattr(made, "actions", None)
    if isinstance(count, int) and not isinstance(count, bool) and count > 0:
        return Actions(count)
    expected = "actions = 3, a number of choices, or low and high, a range for each number of an action"
    try:
        low, high = (tuple(float(value) for value in np.ravel(getattr(made, name))) for name in ("low", "high"))
    except (AttributeError, TypeError, ValueError):
        raise InvalidValue(place, "no actions", expected) from None
    if not low or len(low) != len(high) or not all(a < b for a, b in zip(low, high, strict=True)):
        raise InvalidValue(place, f"low {low} and high {high}", expected)
    return Actions(len(low), low, high)


def _of_length(given: Any, length: int, path: str, expected: str) -> tuple[Any, ...]:
    if not isinstance(given, tuple) or len(given) != length:
        raise InvalidValue(path, _shapes(given), expected)
    return given


def _shapes(tree: Any) -> str:
    shown = jax.tree.map(lambda leaf: tuple(jnp.shape(leaf)), tree)
    return str(shown)


def _arrays(state: Any) -> Any:
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.asarray(leaf).dtype), state)
