"""Any environment of Gymnasium as a task: what it says of itself, and its episodes in worker processes."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from ticket_explorer.errors import InvalidValue, TicketError, shortened
from ticket_explorer.own_code import import_of
from ticket_explorer.own_running import check_trust
from ticket_explorer.own_trust import is_trusted
from ticket_explorer.tasks.control.box2d.environment import Box2DEnvironment
from ticket_explorer.tasks.control.box2d.flat import Flat
from ticket_explorer.tasks.control.box2d.registered import Registered
from ticket_explorer.tasks.control.environment import Actions, EnvironmentState, needs
from ticket_explorer.tasks.control.problem import ControlTask
from ticket_explorer.tasks.control.scene import Scene, bars, cells
from ticket_explorer.tasks.control.spaces import Spaces
from ticket_explorer.tasks.control.stepping import World
from ticket_explorer.tasks.control.worlds import maker

SEED = 1
"""Of two episodes that must begin alike."""
LONGEST = 1000
"""Steps of an episode of an environment that doesn't cut it off itself."""


@dataclass(frozen=True)
class RegisteredEnvironment(Box2DEnvironment):
    """An environment by its id; a `CrowdEnvironment`."""

    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None

    @property
    def actions(self) -> Actions:
        """Choices, or numbers in the environment's own ranges."""
        return Actions(self.outputs, self.low, self.high)

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """What the policy sees: a picture, or a bar for each number."""
        return cells(observations / 255.0) if observations.ndim == 4 else bars(observations)


def load(settings: Registered) -> ControlTask:
    """The task of an environment.

    Raises:
        TicketError: if Gymnasium has no such environment, or it is another one than the session began with.
    """
    found = measured(settings)
    if settings.measured not in (None, found):
        assert settings.measured is not None
        raise TicketError(
            f"{settings.id} is another environment here than the one this session began with: "
            f"{found.words} now, {settings.measured.words} then. Install the version that it was."
        )
    if settings.squash == "tanh" and not np.isfinite([*(found.low or ()), *(found.high or ())]).all():
        raise InvalidValue("$.task.squash", "tanh", f"clip: actions of {settings.id} have no bounds")
    make, given = settings.maker
    parameters = tuple(sorted({**given, **settings.parameters}.items()))
    environment = RegisteredEnvironment(
        provider="gymnasium",
        world=World(make, parameters, None if found.low is None else found.outputs),
        observation_shape=found.observation,
        outputs=found.outputs,
        steps=settings.steps or found.steps,
        workers=settings.workers,
        low=found.low,
        high=found.high,
    )
    return ControlTask.of(settings, environment)


def measured(settings: Registered) -> Spaces:
    """What an environment says of itself, made once in this process.

    Raises:
        TicketError: if Gymnasium is not installed, has no such environment, or its actions are neither numbers nor one
            choice.
    """
    needs("gymnasium", "gymnasium")
    if not settings.id:
        raise InvalidValue("$.task.id", "nothing", "the name of an environment, such as CartPole-v1")
    from gymnasium.spaces import Box, Discrete

    made = _made(settings)
    seen, actions, spec = made.observation_space, made.action_space, made.spec
    steps = (spec.max_episode_steps if spec is not None else None) or LONGEST
    if seen.shape is None:
        raise InvalidValue("$.task.id", settings.id, "an environment whose observations have a fixed size")
    if isinstance(actions, Discrete):
        return Spaces(observation=tuple(seen.shape) or (1,), outputs=int(actions.n), steps=steps)
    if not isinstance(actions, Box):
        raise InvalidValue("$.task.id", settings.id, f"one of Box or Discrete actions, not {type(actions).__name__}")
    low, high = (tuple(float(value) for value in bound.ravel()) for bound in (actions.low, actions.high))
    return Spaces(observation=tuple(seen.shape) or (1,), outputs=len(low), low=low, high=high, steps=steps)


def caution(settings: Registered) -> str:
    """A sentence if two episodes of one seed begin differently; empty if they don't.

    Raises:
        TicketError: if the environment can't be made, or fails.
    """
    made = _flat(settings)
    first, again = (made.reset(SEED)[0] for _ in range(2))
    if np.array_equal(first, again, equal_nan=True):
        return ""
    return (
        f"{settings.id} begins two episodes of the same seed differently, so that this session can't be repeated "
        "exactly; draw everything from self.np_random, after super().reset(seed=seed)."
    )


def _check_trust(settings: Registered) -> None:
    """Refuse to run code, or import the module that an id names, of a session that came from somebody else."""
    if source := getattr(settings, "source", ""):
        check_trust(settings.id, source, settings.parameters)
    module = settings.imports
    if module and not is_trusted(settings.id, import_of(module), {}):
        raise TicketError(
            f"This session imports the module {module} for its environment {settings.id}, which is not done before you "
            "trust it. Say so: ticket-explorer trust SESSION"
        )


def _made(settings: Registered) -> Any:
    """The environment itself, made once in this process."""
    return _flat(settings).made


def _flat(settings: Registered) -> Flat:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make, given = settings.maker
        _check_trust(settings)
        try:
            made: Flat = maker(make)(**given, **settings.parameters)
            return made
        except TicketError:
            raise
        except Exception as error:  # an environment is anybody's code
            why = shortened(f"{type(error).__name__}: {error}".splitlines()[0])
            end = "" if why.endswith(("?", ".")) else "."
            said = f"Gymnasium can't make {settings.id!r}: {why}{end}"
            raise TicketError(said, path="$.task.id", given=settings.id) from error
