"""What a control task asks of an environment: pure, without automatic resets, one episode at a time.

Environments are static (they hold no traced arrays) and hashable, so two equal ones share executables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NoReturn, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ticket_explorer.errors import TicketError
from ticket_explorer.tasks.control.scene import Scene
from ticket_explorer.tasks.control.settings import Squash

EnvironmentState = Any
"""A pytree of arrays."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Moment:
    """Where an episode is."""

    state: EnvironmentState
    observation: Float[Array, "..."]
    reward: Float[Array, "*batch"]
    """Of the step that led here; 0 at the start."""
    terminated: Bool[Array, "*batch"]
    """Whether the episode is over for good; a pole has fallen."""
    truncated: Bool[Array, "*batch"]
    """Whether the environment itself cuts the episode off here, at its time limit."""


@dataclass(frozen=True)
class Actions:
    """What an environment can be told."""

    count: int
    """Discrete actions, or the size of a continuous one."""
    low: tuple[float, ...] | None = None
    """Of a continuous action, for each entry; None: actions are discrete."""
    high: tuple[float, ...] | None = None

    @property
    def is_discrete(self) -> bool:
        """Whether an action is one of `count` choices."""
        return self.low is None

    def of(self, outputs: Float[Array, "... O"], squash: Squash) -> Array:
        """The actions that a network's outputs mean: the highest, or the first ones brought into their range."""
        if self.low is None or self.high is None:
            return jnp.argmax(outputs, axis=-1)
        outputs = outputs[..., : self.count]
        low, high = jnp.asarray(self.low), jnp.asarray(self.high)
        if squash == "clip":
            return jnp.clip(outputs, low, high)
        return low + (high - low) * 0.5 * (jnp.tanh(outputs) + 1)


@runtime_checkable
class Environment(Protocol):
    """An environment; hashable, its methods pure and jit-able."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation."""
        ...

    @property
    def actions(self) -> Actions:
        """What it can be told."""
        ...

    @property
    def steps(self) -> int:
        """The length of its longest episode."""
        ...

    def reset(self, key: Array) -> Moment:
        """The start of an episode."""
        ...

    def step(self, key: Array, state: EnvironmentState, action: Array) -> Moment:
        """What an action leads to; also after the end of an episode, where it means nothing."""
        ...

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """Drawings of consecutive states, given as NumPy arrays [T, ...]."""
        ...

    def page(self, states: EnvironmentState) -> str | None:
        """The same as a page of HTML by the environment's own renderer; None if it has none."""
        ...


@runtime_checkable
class CrowdEnvironment(Protocol):
    """An environment that can only be stepped for all individuals and episodes at once, outside of JAX; hashable.

    It is part of compiled functions all the same, which must not be batched (`jax.vmap`) over replicates.
    """

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation."""
        ...

    @property
    def actions(self) -> Actions:
        """What it can be told."""
        ...

    @property
    def steps(self) -> int:
        """The length of its longest episode."""
        ...

    def begin(self, keys: Array, individuals: int) -> Moment:
        """The starts [N, E] of `individuals` times the episodes that keys [E] mean; its state has no such axes."""
        ...

    def advance(self, state: EnvironmentState, actions: Array) -> Moment:
        """The states after actions [N, E, ...]; each state is advanced once, and only while an episode runs."""
        ...

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """Drawings of consecutive states, given as NumPy arrays [T, ...]."""
        ...

    def page(self, states: EnvironmentState) -> str | None:
        """The same as a page of HTML by the environment's own renderer; None if it has none."""
        ...


def needs(module: str, task: str, extra: str = "control") -> None:
    """Refuse a task whose package is not installed.

    Raises:
        TicketError: with the command that installs it.
    """
    if find_spec(module) is None:
        raise TicketError(
            f"The task {task!r} needs {module}, which is not installed; run: pip install 'ticket-explorer[{extra}]' "
            f"(in a clone: uv run --extra {extra} …)."
        )


def refuse_parameter(task: str, name: str, known: list[str]) -> NoReturn:
    """Say that an environment has no such parameter.

    Raises:
        TicketError: always.
    """
    what = f"its parameters are {', '.join(sorted(known))}" if known else "it has none"
    raise TicketError(
        f"{task} has no such parameter; {what}.", path=f"$.task.parameters.{name}", given=name, expected=what
    )


Policy = Callable[[Float[Array, "N E ..."]], Float[Array, "N E O"]]
"""The outputs of N policies, each on observations of its own."""
