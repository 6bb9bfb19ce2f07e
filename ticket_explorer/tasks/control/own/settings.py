"""Settings of environments of one's own, in JAX; no JAX is imported here, and no code is run."""

from importlib import import_module
from typing import Any, ClassVar

import msgspec
from msgspec import structs

from ticket_explorer.own_code import NAME
from ticket_explorer.tasks.control.settings import ControlSettings
from ticket_explorer.tasks.control.spaces import Spaces


class OwnEnvironment(ControlSettings, frozen=True, kw_only=True, tag=NAME):
    """An environment of one's own in JAX, `./my_env.py:MyEnv`."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.control.own.environment:load"
    names_data: ClassVar[bool] = False
    filled_in: ClassVar[tuple[str, ...]] = ("measured", "source", "file")
    only_training: ClassVar[tuple[str, ...]] = ("episodes", "steps", "test_episodes", "normalise", "squash")
    place: str
    """File and object, `my_env.py:MyEnv`."""
    source: str
    """The file's text, which the session goes on with."""
    file: str = ""
    """Where that file was, to tell when it has changed."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The class's keyword arguments."""
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

    def taken_up(self) -> "OwnEnvironment":
        """With what the environment says of itself; runs its code, if it is trusted.

        Raises:
            TicketError: if it is not, or the environment can't be acted in.
        """
        if self.measured is not None:
            return self
        module = import_module("ticket_explorer.tasks.control.own.environment")
        return structs.replace(self, measured=module.measured(self))

    def check(self) -> None:
        """Refuse sizes that can't be."""
        if self.measured is not None:
            self.measured.check()

    @property
    def _known(self) -> Spaces:
        if self.measured is None:
            raise self._sizes_unknown()
        return self.measured
