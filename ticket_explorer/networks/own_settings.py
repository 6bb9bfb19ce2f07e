"""Settings of networks of one's own; no JAX is imported here, and no code is run."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from ticket_explorer.errors import InvalidValue
from ticket_explorer.networks.settings import NetworkSettings
from ticket_explorer.own_code import NAME
from ticket_explorer.registry import Former

_THE_MODULES = (
    *("kernel_init", "last_kernel_init", "bias_init", "last_bias_init"),
    *("kernel_scale", "last_kernel_scale", "bias"),
)
"""Fields of other networks that a module of one's own says itself."""


class OwnNetwork(NetworkSettings, frozen=True, kw_only=True, tag=NAME):
    """A flax module of one's own, `./my_net.py:MyNet`."""

    implementation: ClassVar[str] = "ticket_explorer.networks.own:build_own"
    formerly: ClassVar[Mapping[str, Former]] = {"file": Former("")}
    filled_in: ClassVar[tuple[str, ...]] = ("source", "file", *_THE_MODULES)
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

    def check(self) -> None:
        """Refuse what the module itself says.

        Raises:
            InvalidValue: if any of it is set.
        """
        defaults = {field.name: field.default for field in msgspec.structs.fields(type(self))}
        for name in _THE_MODULES:
            if (given := getattr(self, name)) != defaults[name]:
                raise InvalidValue(f"$.network.{name}", given, f"nothing: {self.place} itself draws its weights")

    def __hash__(self) -> int:
        return hash(msgspec.msgpack.encode(self))
