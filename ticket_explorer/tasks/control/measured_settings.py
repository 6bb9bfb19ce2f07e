"""Settings of environments of which only their own code tells the sizes; neither JAX nor that code is loaded here."""

from importlib import import_module
from typing import ClassVar

from msgspec import structs

from ticket_explorer.tasks.control.settings import ControlSettings
from ticket_explorer.tasks.control.spaces import Spaces


class MeasuredSettings(ControlSettings, frozen=True, kw_only=True):
    """What these environments share: a session measures them when it begins, and keeps what it found."""

    names_data: ClassVar[bool] = False
    filled_in: ClassVar[tuple[str, ...]] = ("measured",)
    measuring: ClassVar[str]
    """The module whose `measured(settings)` says what an environment says of itself."""
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

    def taken_up(self) -> "MeasuredSettings":
        """With what the environment says of itself; runs its code, if it is trusted.

        Raises:
            TicketError: if it is not, there is no such environment, or it can't be acted in.
        """
        if self.measured is not None:
            return self
        return structs.replace(self, measured=import_module(self.measuring).measured(self))

    def check(self) -> None:
        """Refuse sizes that can't be."""
        if self.measured is not None:
            self.measured.check()

    @property
    def _known(self) -> Spaces:
        if self.measured is None:
            raise self._sizes_unknown()
        return self.measured
