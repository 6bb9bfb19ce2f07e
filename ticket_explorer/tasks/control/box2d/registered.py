"""Any environment that Gymnasium knows by an id, `CartPole-v1`; neither JAX nor Gymnasium is imported here."""

from importlib import import_module
from typing import ClassVar

import msgspec

from ticket_explorer.errors import InvalidValue
from ticket_explorer.tasks.control.box2d.settings import Workers
from ticket_explorer.tasks.control.measured_settings import MeasuredSettings


class Registered(MeasuredSettings, frozen=True, kw_only=True, tag="gymnasium"):
    """Any environment registered with Gymnasium, stepped by worker processes."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.control.box2d.registered_environment:load"
    steps_in_processes: ClassVar[bool] = True
    measuring: ClassVar[str] = "ticket_explorer.tasks.control.box2d.registered_environment"
    only_training: ClassVar[tuple[str, ...]] = ("episodes", "steps", "test_episodes", "normalise", "squash", "workers")
    id: str = ""
    """Its name, `CartPole-v1`, or `module:Name-v0` of an installed module that registers it."""
    workers: Workers | None = None
    """Processes that step it; None: one for each core. Results don't depend on it."""
    parameters: dict[str, bool | int | float | str] = msgspec.field(default_factory=dict)
    """What `gymnasium.make` is called with besides."""

    @property
    def maker(self) -> tuple[str, dict[str, bool | int | float | str]]:
        """What makes it in a worker process, and its arguments but for `parameters`."""
        return "ticket_explorer.tasks.control.box2d.flat:registered", {"id": self.id}

    @property
    def imports(self) -> str:
        """The installed module that its name has Gymnasium import; empty if none."""
        return self.id.rpartition(":")[0]

    def caution(self) -> str:
        """That its episodes can't be repeated, if it draws them otherwise than by its seed; makes it once."""
        said: str = import_module(self.measuring).caution(self)
        return said

    def check(self) -> None:
        """Refuse repeated actions, and sizes that can't be."""
        if self.action_repeat > 1:
            raise InvalidValue("$.task.action_repeat", self.action_repeat, "1: Gymnasium takes each action once")
        if self.noise_outputs:
            raise InvalidValue("$.task.noise_outputs", "true", "false: PPO can't act in worker processes")
        super().check()
