"""The tasks of brax, of both generations, by their own names; no JAX is imported here.

Generation `v1` with its legacy spring physics is what Lange & Sprekeler (2023) used; the others are the second
generation with the physics of that name. Sizes are given here so that faces can plan without brax; a test holds them
against brax itself. brax's swimmer is left out: it fails on every backend of 0.12.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, cast

import msgspec

from ticket_explorer.errors import InvalidValue
from ticket_explorer.tasks.control.settings import ControlSettings, Episodes, Mass, Squash, Steps

Backend = Literal["v1", "spring", "positional", "generalized", "mjx"]


@dataclass(frozen=True)
class BraxEntry:
    """One task; sizes are None where a generation does not have it."""

    v1: int | None
    """Size of an observation with the first generation's physics."""
    v2: int | None
    """Size of an observation with the second generation's."""
    outputs: int
    summary: str


class BraxSettings(ControlSettings, frozen=True, kw_only=True):
    """What all brax tasks share."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.control.brax.environment:load"
    entry: ClassVar[BraxEntry]
    backend: Backend = "v1"
    """The physics: `v1` is the paper's (brax.v1, legacy spring), the others are the second generation's."""
    steps: Steps | None = 500
    normalise: bool = True
    squash: Squash = "tanh"
    test_episodes: Episodes = 164
    mass: dict[str, Mass] = msgspec.field(default_factory=dict)
    """Mass of bodies, in kg, by their names; ant's torso is `$ Torso` in `v1`, `torso` elsewhere, 10 kg."""
    parameters: dict[str, bool | int | float] = msgspec.field(default_factory=dict)
    """Numbers that the environment takes when it is made, by brax's names, `{"ctrl_cost_weight": 0.1}`."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation."""
        size = self.entry.v1 if self.backend == "v1" else self.entry.v2
        assert size is not None
        return (size,)

    def check(self) -> None:
        """Refuse physics that a task does not have."""
        if (self.entry.v1 if self.backend == "v1" else self.entry.v2) is None:
            others = "v1" if self.entry.v2 is None else "spring, positional, generalized or mjx"
            raise InvalidValue(
                "$.task.backend", repr(self.backend), f"{others}: brax has no other physics for this task"
            )


ENTRIES: dict[str, BraxEntry] = {
    "ant": BraxEntry(87, 27, 8, "brax: a four-legged ant runs; the paper's main task."),
    "fetch": BraxEntry(101, None, 10, "brax: a dog runs to targets."),
    "grasp": BraxEntry(132, None, 19, "brax: a hand picks up a ball and carries it to targets."),
    "halfcheetah": BraxEntry(18, 17, 6, "brax: a planar cheetah runs."),
    "hopper": BraxEntry(11, 11, 3, "brax: a planar leg hops."),
    "humanoid": BraxEntry(227, 244, 17, "brax: a humanoid walks."),
    "reacher": BraxEntry(11, 11, 2, "brax: an arm of two links reaches for a target."),
    "ur5e": BraxEntry(66, None, 6, "brax: a UR5e arm reaches for targets."),
    "walker2d": BraxEntry(17, 17, 6, "brax: two planar legs walk."),
    "humanoidstandup": BraxEntry(None, 244, 17, "brax: a humanoid stands up."),
    "inverted_pendulum": BraxEntry(None, 4, 1, "brax: balance a pole on a cart."),
    "inverted_double_pendulum": BraxEntry(None, 8, 1, "brax: balance two poles, one on the other, on a cart."),
    "pusher": BraxEntry(None, 23, 7, "brax: an arm pushes a cylinder to a goal."),
}
"""By the name of the task, which is brax's own."""


def brax_settings() -> Iterator[type[BraxSettings]]:
    """A settings class for each task."""
    for name, entry in ENTRIES.items():
        fields = [] if entry.v1 else [("backend", Backend, "spring")]
        yield cast(
            type[BraxSettings],
            msgspec.defstruct(
                name.title().replace("_", ""),
                fields,
                bases=(BraxSettings,),
                namespace={"__doc__": entry.summary, "entry": entry},
                module=__name__,
                tag=name,
                frozen=True,
                kw_only=True,
            ),
        )
