"""Settings of code of one's own, for the families that take it; no JAX is imported here, and no code is run."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from ticket_explorer.networks.settings import NetworkSettings
from ticket_explorer.own_code import NAME
from ticket_explorer.pruners.settings import PrunerSettings
from ticket_explorer.registry import Settings
from ticket_explorer.rewinds.settings import RewindSettings


class OwnNetwork(NetworkSettings, frozen=True, kw_only=True, tag=NAME):
    """A flax module of one's own, `./my_net.py:MyNet`."""

    implementation: ClassVar[str] = "ticket_explorer.networks.own:build_own"
    place: str
    """File and object, `my_net.py:MyNet`."""
    source: str
    """The file's text, which the session goes on with."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The module's keyword arguments."""
    prunable: str = "*kernel"
    """A pattern of the leaves whose weights can be pruned, `*/kernel`."""

    def __hash__(self) -> int:
        return hash(msgspec.msgpack.encode(self))


class OwnPruner(PrunerSettings, frozen=True, kw_only=True, tag=NAME):
    """A function of one's own that scores weights, `./rules.py:my_score`."""

    place: str
    """File and object, `rules.py:my_score`."""
    source: str
    """The file's text, which the session goes on with."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The function's keyword arguments."""

    def implemented(self) -> Any:
        """The function; loads JAX and runs the code, if it is trusted."""
        from ticket_explorer.pruners.own import OwnScore

        return OwnScore(self.place, self.source, self.parameters)


class OwnRewind(RewindSettings, frozen=True, kw_only=True, tag=NAME):
    """A function of one's own that says where kept weights restart, `./rules.py:my_start`."""

    place: str
    """File and object, `rules.py:my_start`."""
    source: str
    """The file's text, which the session goes on with."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The function's keyword arguments."""

    def implemented(self) -> Any:
        """The function; loads JAX and runs the code, if it is trusted."""
        from ticket_explorer.rewinds.own import OwnRestart

        return OwnRestart(self.place, self.source, self.parameters)


OWN: Mapping[str, type[Settings]] = {"network": OwnNetwork, "pruner": OwnPruner, "rewind": OwnRewind}
"""By the key of a plan."""
