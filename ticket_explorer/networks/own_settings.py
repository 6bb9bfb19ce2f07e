"""Settings of networks of one's own; no JAX is imported here, and no code is run."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from ticket_explorer.networks.settings import NetworkSettings
from ticket_explorer.own_code import NAME
from ticket_explorer.registry import Former


class OwnNetwork(NetworkSettings, frozen=True, kw_only=True, tag=NAME):
    """A flax module of one's own, `./my_net.py:MyNet`."""

    implementation: ClassVar[str] = "ticket_explorer.networks.own:build_own"
    formerly: ClassVar[Mapping[str, Former]] = {"file": Former("")}
    place: str
    """File and object, `my_net.py:MyNet`."""
    source: str
    """The file's text, which the session goes on with."""
    file: str = ""
    """Where that file was, to tell when it has changed."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The module's keyword arguments."""
    prunable: str = "*kernel"
    """A pattern of the leaves whose weights can be pruned, `*/kernel`."""

    def __hash__(self) -> int:
        return hash(msgspec.msgpack.encode(self))
