"""The tasks of Gymnasium's Box2D, by their own names; neither JAX nor Gymnasium is imported here.

Sizes are given here so that faces can plan without Gymnasium; a test holds them against Gymnasium itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, cast

import msgspec
from msgspec import Meta

from ticket_explorer.errors import InvalidValue
from ticket_explorer.tasks.control.settings import ControlSettings

Provider = Literal["gymnasium", "envpool"]
Workers = Annotated[int, Meta(ge=1, le=256, description="processes or threads")]


@dataclass(frozen=True)
class Box2DEntry:
    """What is known of one environment without Gymnasium."""

    maker: str
    """Its class in Gymnasium, as `module:class`."""
    envpool: str
    """The name that EnvPool registers."""
    observation: tuple[int, ...]
    outputs: int
    """Discrete actions, or the size of a continuous one."""
    steps: int
    """The longest episode that Gymnasium registers."""
    summary: str
    solved_at: float
    """The mean return over 100 episodes at which Gymnasium calls it solved."""
    continuous: bool = True
    fixed: tuple[tuple[str, bool], ...] = ()
    """What the class is made with to be this task."""


class Box2DSettings(ControlSettings, frozen=True, kw_only=True):
    """What all Box2D environments share."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.control.box2d.environment:load"
    steps_in_processes: ClassVar[bool] = True
    entry: ClassVar[Box2DEntry]
    provider: Provider = "gymnasium"
    """What steps the environments; `envpool` is several times as fast, and draws other numbers from a seed."""
    workers: Workers | None = None
    """Processes of Gymnasium, or threads of EnvPool; None: one for each core. Results don't depend on it."""
    parameters: dict[str, bool | int | float] = msgspec.field(default_factory=dict)
    """Numbers that the environment takes when it is made, by Gymnasium's names, `{"enable_wind": true}`."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation."""
        return self.entry.observation

    def check(self) -> None:
        """Refuse numbers that EnvPool would ignore, and repeated actions."""
        if self.action_repeat > 1:
            raise InvalidValue("$.task.action_repeat", self.action_repeat, "1: Box2D takes each action once")
        if self.provider == "envpool" and self.parameters:
            raise InvalidValue("$.task.parameters", self.parameters, "none: EnvPool takes no numbers; use gymnasium")


LANDER = "gymnasium.envs.box2d.lunar_lander:LunarLander"
WALKER = "gymnasium.envs.box2d.bipedal_walker:BipedalWalker"
ENTRIES: dict[str, Box2DEntry] = {
    "lunar_lander": Box2DEntry(
        LANDER,
        "LunarLander-v3",
        (8,),
        4,
        1000,
        "Box2D: land between two flags, one of three engines at a time.",
        200.0,
        continuous=False,
    ),
    "lunar_lander_continuous": Box2DEntry(
        LANDER,
        "LunarLanderContinuous-v3",
        (8,),
        2,
        1000,
        "Box2D: land between two flags, by throttles.",
        200.0,
        fixed=(("continuous", True),),
    ),
    "bipedal_walker": Box2DEntry(
        WALKER, "BipedalWalker-v3", (24,), 4, 1600, "Box2D: two legs walk over rough ground, by torques.", 300.0
    ),
}
"""By the name of the task."""


def box2d_settings() -> Iterator[type[Box2DSettings]]:
    """A settings class for each task."""
    for name, entry in ENTRIES.items():
        yield cast(
            type[Box2DSettings],
            msgspec.defstruct(
                name.title().replace("_", ""),
                [],
                bases=(Box2DSettings,),
                namespace={"__doc__": entry.summary, "entry": entry, "solved_at": entry.solved_at},
                module=__name__,
                tag=name,
                frozen=True,
                kw_only=True,
            ),
        )
