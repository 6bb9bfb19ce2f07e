"""Any environment that Gymnasium knows by an id, `CartPole-v1`; neither JAX nor Gymnasium is imported here."""

from importlib import import_module
from typing import ClassVar

import msgspec
from msgspec import structs

from ticket_explorer.errors import InvalidValue
from ticket_explorer.tasks.control.box2d.settings import Workers
from ticket_explorer.tasks.control.settings import ControlSettings
from ticket_explorer.tasks.control.spaces import Spaces
from ticket_explorer.tasks.settings import TaskSettings


class Registered(ControlSettings, frozen=True, kw_only=True, tag="gymnasium"):
    """Any environment registered with Gymnasium, stepped by worker processes."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.control.box2d.registered_environment:load"
    steps_in_processes: ClassVar[bool] = True
    names_data: ClassVar[bool] = False
    filled_in: ClassVar[tuple[str, ...]] = ("measured",)
    only_training: ClassVar[tuple[str, ...]] = ("episodes", "steps", "test_episodes", "normalise", "squash", "workers")
    id: str = ""
    """Its name, `CartPole-v1`, or `module:Name-v0` of an installed module that registers it."""
    workers: Workers | None = None
    """Processes that step it; None: one for each core. Results don't depend on it."""
    parameters: dict[str, bool | int | float | str] = msgspec.field(default_factory=dict)
    """What `gymnasium.make` is called with besides."""
    measured: Spaces | None = None
    """What the environment said of itself when the session began."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation.

        Raises:
            TicketError: if it is not known yet.
        """
        return self._known.observation

    @property
    def action_size(self) -> int:
        """Discrete actions to choose from, or the size of a continuous action.

        Raises:
            TicketError: if it is not known yet.
        """
        return self._known.outputs

    @property
    def maker(self) -> tuple[str, dict[str, bool | int | float | str]]:
        """What makes it in a worker process, and its arguments but for `parameters`."""
        return "ticket_explorer.tasks.control.box2d.flat:registered", {"id": self.id}

    def taken_up(self) -> TaskSettings:
        """With what the environment says of itself.

        Raises:
            TicketError: if Gymnasium has no such environment, or it can't be acted in.
        """
        if self.measured is not None:
            return self
        module = import_module("ticket_explorer.tasks.control.box2d.registered_environment")
        return structs.replace(self, measured=module.measured(self))

    def check(self) -> None:
        """Refuse repeated actions, and sizes that can't be."""
        if self.action_repeat > 1:
            raise InvalidValue("$.task.action_repeat", self.action_repeat, "1: Gymnasium takes each action once")
        if self.noise_outputs:
            raise InvalidValue("$.task.noise_outputs", "true", "false: PPO can't act in worker processes")
        if self.measured is not None:
            self.measured.check()

    @property
    def _known(self) -> Spaces:
        if self.measured is None:
            raise self._sizes_unknown()
        return self.measured
