"""Every environment of gymnax 1.0 that a network can see, by its own name; no JAX is imported here.

Sizes are given here so that faces can plan without gymnax; a test holds them against gymnax itself. Left out is
MNISTBandit, which downloads its data from a place that is gone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, cast

import msgspec

from ticket_explorer.tasks.control.settings import ControlSettings


@dataclass(frozen=True)
class GymnaxEntry:
    """What is known of one environment without gymnax."""

    id: str
    """gymnax's own name of it."""
    observation: tuple[int, ...]
    outputs: int
    """Discrete actions, or the size of a continuous one."""
    summary: str
    solved_at: float | None = None
    """The mean return over 100 episodes at which Gymnasium, whose environment it is, calls it solved."""


class GymnaxSettings(ControlSettings, frozen=True, kw_only=True):
    """What all gymnax environments share."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.control.gymnax.environment:load"
    entry: ClassVar[GymnaxEntry]
    parameters: dict[str, bool | int | float] = msgspec.field(default_factory=dict)
    """The environment's own parameters that are to be other than gymnax has them, `{"g": 9.8}`."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation; a discrete one is seen as one-hot."""
        return self.entry.observation


ENTRIES: dict[str, GymnaxEntry] = {
    "pendulum": GymnaxEntry("Pendulum-v1", (3,), 1, "Swing a pendulum up and hold it, by torque; 200 steps."),
    "cartpole": GymnaxEntry("CartPole-v1", (4,), 2, "Balance a pole on a cart that is pushed left or right.", 475.0),
    "acrobot": GymnaxEntry(
        "Acrobot-v1", (6,), 3, "Swing the tip of two links above a line, by the joint between.", -100.0
    ),
    "mountain_car": GymnaxEntry(
        "MountainCar-v0", (2,), 3, "Drive a weak car up a hill by swinging back first.", -110.0
    ),
    "mountain_car_continuous": GymnaxEntry(
        "MountainCarContinuous-v0", (2,), 1, "Drive a weak car up a hill, by force; force costs.", 90.0
    ),
    "asterix": GymnaxEntry("Asterix-MinAtar", (10, 10, 4), 5, "MinAtar: collect treasure, avoid enemies."),
    "breakout": GymnaxEntry("Breakout-MinAtar", (10, 10, 4), 3, "MinAtar: break bricks with a ball."),
    "freeway": GymnaxEntry("Freeway-MinAtar", (10, 10, 7), 3, "MinAtar: cross a road of cars; 2,500 steps."),
    "seaquest": GymnaxEntry("Seaquest-MinAtar", (10, 10, 10), 6, "MinAtar: a submarine rescues divers."),
    "space_invaders": GymnaxEntry("SpaceInvaders-MinAtar", (10, 10, 6), 4, "MinAtar: shoot aliens that come down."),
    "catch": GymnaxEntry("Catch-bsuite", (10, 5), 3, "bsuite: catch what falls."),
    "deep_sea": GymnaxEntry("DeepSea-bsuite", (8, 8), 2, "bsuite: explore to a treasure that costs to reach."),
    "memory_chain": GymnaxEntry("MemoryChain-bsuite", (3,), 2, "bsuite: remember a bit."),
    "umbrella_chain": GymnaxEntry("UmbrellaChain-bsuite", (3,), 2, "bsuite: a first choice counts at the end."),
    "discounting_chain": GymnaxEntry("DiscountingChain-bsuite", (2,), 5, "bsuite: choose between later rewards."),
    "simple_bandit": GymnaxEntry("SimpleBandit-bsuite", (1, 1), 11, "bsuite: one of eleven arms is best."),
    "four_rooms": GymnaxEntry("FourRooms-misc", (4,), 4, "Walk through four rooms to a goal."),
    "meta_maze": GymnaxEntry("MetaMaze-misc", (15,), 4, "Find the goal of a maze again and again."),
    "point_robot": GymnaxEntry("PointRobot-misc", (6,), 2, "Move a point to a goal, by velocity."),
    "bernoulli_bandit": GymnaxEntry("BernoulliBandit-misc", (4,), 2, "Two arms that pay or don't."),
    "gaussian_bandit": GymnaxEntry("GaussianBandit-misc", (4,), 2, "Two arms that pay with noise."),
    "planar_reacher": GymnaxEntry("Reacher-misc", (8,), 2, "gymnax's planar arm reaches for a point, by torques."),
    "planar_swimmer": GymnaxEntry("Swimmer-misc", (16,), 2, "gymnax's planar chain of links swims forward."),
    "pong": GymnaxEntry("Pong-misc", (30, 40, 3), 3, "Pong, seen as pixels, against a simple opponent."),
    "frozen_lake": GymnaxEntry("FrozenLake-misc", (16,), 4, "Cross a slippery lake with holes, seen as one-hot."),
}
"""By the name of the task. gymnax's own Reacher and Swimmer are `planar_`: the plain names are brax's tasks."""


def gymnax_settings() -> Iterator[type[GymnaxSettings]]:
    """A settings class for each environment."""
    for name, entry in ENTRIES.items():
        yield cast(
            type[GymnaxSettings],
            msgspec.defstruct(
                entry.id.partition("-")[0],
                [],
                bases=(GymnaxSettings,),
                namespace={"__doc__": entry.summary, "entry": entry, "solved_at": entry.solved_at},
                module=__name__,
                tag=name,
                frozen=True,
                kw_only=True,
            ),
        )
