"""How the families (tasks, networks, trainers, pruners, rewinds) name their members.

A family's registry is a plain dict from a name to a frozen settings class. Settings import no JAX,
so that a face can list, explain and check every choice at once; the algorithm itself is imported
when it is first needed, from the `implementation` that the settings name. Other distributions add
members through the entry-point group `ticket_explorer.FAMILY`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from inspect import getdoc
from typing import Any, ClassVar, TypeVar

import msgspec

from ticket_explorer.errors import UnknownName


@dataclass(frozen=True)
class Former:
    """What a session does that is older than a field of its settings."""

    value: Any
    """The value it reads the field as."""
    said: str = ""
    """A sentence shown when such a session is opened; empty where a new session does the same by default."""
    where: Callable[[Mapping[str, Any]], bool] | None = None
    """Which tables of the settings it is about, if not all: in others the field never mattered."""

    def concerns(self, table: Mapping[str, Any]) -> bool:
        """Whether a session of these settings did so."""
        return self.where is None or self.where(table)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="name"):
    """The parameters of one registered algorithm; its tag is the name it is known by."""

    implementation: ClassVar[str]
    """`module:object`, imported at first use."""
    formerly: ClassVar[Mapping[str, Former]] = {}
    """Fields that came later than the first sessions; a subclass names only its own."""
    filled_in: ClassVar[tuple[str, ...]] = ()
    """Fields that sessions fill in; no form shows them."""

    def implemented(self) -> Any:
        """The object that does it: imports the algorithm (and JAX) at first use."""
        module, _, attribute = self.implementation.partition(":")
        return getattr(import_module(module), attribute)

    def check(self) -> None:
        """Refuse what types can't: combinations of fields, names known only to the algorithm.

        Raises:
            TicketError: with the path of the field.
        """


S = TypeVar("S", bound=Settings)


def formerly(settings: type[Settings]) -> dict[str, Former]:
    """The fields of a settings class that came later than the first sessions, its parents' included."""
    found: dict[str, Former] = {}
    for parent in reversed(settings.__mro__):
        found |= vars(parent).get("formerly", {})
    return found


def identity(settings: Settings) -> dict[str, Any]:
    """What tells an algorithm with its parameters from all others.

    A later field counts only where it differs from what older sessions did: their checkpoints go on.
    """
    table: dict[str, Any] = msgspec.to_builtins(settings)
    defaults = {field.encode_name: field.default for field in msgspec.structs.fields(settings)}
    later = {
        key: former.value if former.concerns(table) else defaults[key]
        for key, former in formerly(type(settings)).items()
    }
    return {key: value for key, value in table.items() if key not in later or value != later[key]}


def register(family: str, *own: type[S]) -> dict[str, type[S]]:
    """The registry of a family: its own settings classes by name, then what plug-ins add."""
    registry = {name_of(settings): settings for settings in own}
    for entry in entry_points(group=f"ticket_explorer.{family}"):
        registry.setdefault(entry.name, entry.load())
    return registry


def name_of(settings: Settings | type[Settings]) -> str:
    """The name a settings class is registered under."""
    return str(settings.__struct_config__.tag)


def summary_of(settings: type[Settings]) -> str:
    """The first line of a settings class's docstring, for listings."""
    return (getdoc(settings) or "").partition("\n")[0]


def lookup(kind: str, registry: Mapping[str, type[S]], name: str, path: str = "") -> type[S]:
    """The settings class called `name`.

    Raises:
        UnknownName: with the known names, if there is none.
    """
    try:
        return registry[name]
    except KeyError:
        raise UnknownName(kind, name, registry, path) from None


def implementation_of(settings: Settings) -> Any:
    """The object that `settings` name: imports the algorithm (and JAX) at first use."""
    return settings.implemented()
