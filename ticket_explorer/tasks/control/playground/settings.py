"""The tasks of dm_control as MuJoCo Playground has them; no JAX is imported here.

Playground needs a later brax than the last one with both generations of physics, so it is an extra of its own,
`playground`, in place of `control`. Sizes are given here so that faces can plan without it; a test compares them with
Playground's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, cast

import msgspec

from ticket_explorer.tasks.control.settings import ControlSettings, Mass, Squash


@dataclass(frozen=True)
class PlaygroundEntry:
    """What is known of one task without MuJoCo Playground."""

    id: str
    """Playground's own name."""
    observation: int
    """Size of an observation."""
    outputs: int
    summary: str


class PlaygroundSettings(ControlSettings, frozen=True, kw_only=True):
    """What all tasks of MuJoCo Playground share; rewards are in [0, 1], episodes have 1,000 steps."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.control.playground.environment:load"
    entry: ClassVar[PlaygroundEntry]
    normalise: bool = True
    squash: Squash = "tanh"
    mass: dict[str, Mass] = msgspec.field(default_factory=dict)
    """Mass of bodies, in kg, by their names."""
    parameters: dict[str, float] = msgspec.field(default_factory=dict)
    """Numbers of Playground's configuration: `ctrl_dt`, `sim_dt`, in seconds."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation."""
        return (self.entry.observation,)


ENTRIES: dict[str, PlaygroundEntry] = {
    "acrobot_swingup": PlaygroundEntry("AcrobotSwingup", 6, 1, "swing two links up and balance them."),
    "acrobot_swingup_sparse": PlaygroundEntry("AcrobotSwingupSparse", 6, 1, "the same, rewarded upright only."),
    "ball_in_cup": PlaygroundEntry("BallInCup", 8, 2, "catch a ball on a string in a cup."),
    "cartpole_balance": PlaygroundEntry("CartpoleBalance", 5, 1, "balance a pole on a cart."),
    "cartpole_balance_sparse": PlaygroundEntry(
        "CartpoleBalanceSparse", 5, 1, "the same, rewarded near the middle only."
    ),
    "cartpole_swingup": PlaygroundEntry("CartpoleSwingup", 5, 1, "swing a pole up on a cart and balance it."),
    "cartpole_swingup_sparse": PlaygroundEntry("CartpoleSwingupSparse", 5, 1, "the same, rewarded upright only."),
    "cheetah_run": PlaygroundEntry("CheetahRun", 17, 6, "a planar cheetah runs."),
    "finger_spin": PlaygroundEntry("FingerSpin", 9, 2, "a finger keeps a body spinning."),
    "finger_turn_easy": PlaygroundEntry("FingerTurnEasy", 12, 2, "a finger turns a body to a large target."),
    "finger_turn_hard": PlaygroundEntry("FingerTurnHard", 12, 2, "the same with a small target."),
    "fish_swim": PlaygroundEntry("FishSwim", 24, 5, "a fish swims to a target."),
    "hopper_hop": PlaygroundEntry("HopperHop", 15, 4, "a planar leg hops."),
    "hopper_stand": PlaygroundEntry("HopperStand", 15, 4, "a planar leg stands."),
    "humanoid_stand": PlaygroundEntry("HumanoidStand", 67, 21, "a humanoid stands."),
    "humanoid_walk": PlaygroundEntry("HumanoidWalk", 67, 21, "a humanoid walks."),
    "humanoid_run": PlaygroundEntry("HumanoidRun", 67, 21, "a humanoid runs."),
    "pendulum_swingup": PlaygroundEntry("PendulumSwingup", 3, 1, "swing a pendulum up."),
    "point_mass": PlaygroundEntry("PointMass", 4, 2, "move a point to the middle."),
    "reacher_easy": PlaygroundEntry("ReacherEasy", 6, 2, "an arm of two links reaches for a large target."),
    "reacher_hard": PlaygroundEntry("ReacherHard", 6, 2, "the same with a small target."),
    "swimmer_swimmer6": PlaygroundEntry("SwimmerSwimmer6", 25, 5, "a chain of six links swims to a target."),
    "walker_run": PlaygroundEntry("WalkerRun", 24, 6, "two planar legs run."),
    "walker_stand": PlaygroundEntry("WalkerStand", 24, 6, "two planar legs stand."),
    "walker_walk": PlaygroundEntry("WalkerWalk", 24, 6, "two planar legs walk."),
}
"""By the name of the task: Playground's own in this project's spelling."""


def playground_settings() -> Iterator[type[PlaygroundSettings]]:
    """A settings class for each task."""
    for name, entry in ENTRIES.items():
        yield cast(
            type[PlaygroundSettings],
            msgspec.defstruct(
                entry.id,
                [],
                bases=(PlaygroundSettings,),
                namespace={"__doc__": f"dm_control: {entry.summary}", "entry": entry},
                module=__name__,
                tag=name,
                frozen=True,
                kw_only=True,
            ),
        )
