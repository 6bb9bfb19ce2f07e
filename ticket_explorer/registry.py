"""How the families (tasks, networks, trainers, pruners, rewinds) name their members.

A family's registry is a mapping from a name to a frozen settings class. Settings import no JAX,
so that a face can list, explain and check every choice at once; the algorithm itself is imported
when it is first needed, from the `implementation` that the settings name. Other distributions add
members through the entry-point group `ticket_explorer.FAMILY`; they are imported when a name is asked for that is
none of our own, or all names are.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import getdoc
from typing import Any, ClassVar, TypeVar, cast

import msgspec

from ticket_explorer.errors import UnknownName, shortened


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


class PlugInWarning(UserWarning):
    """A plug-in's member of a family that is left out, in a sentence that names the distribution."""


class Registry(Mapping[str, type[S]]):
    """A family's settings classes by name: its own, then those of plug-ins.

    What is unlisted, code of users' own, is found by its name, but is no choice among the others.
    """

    def __init__(self, family: str, own: Iterable[type[S]], unlisted: Iterable[type[S]] = ()) -> None:
        self._family, self._known = family, {name_of(settings): settings for settings in own}
        self._unlisted = {name_of(settings): settings for settings in unlisted}
        self._is_whole = False

    def __getitem__(self, name: str) -> type[S]:
        known = self._unlisted if name in self._unlisted else self._known
        return known[name] if name in known else self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def names(self) -> list[str]:
        """All names, without importing a plug-in: one that can't be imported is among them until it is."""
        if self._is_whole:
            return list(self._known)
        return list(dict.fromkeys([*self._known, *(entry.name for entry in self._entries())]))

    def _entries(self) -> Iterable[EntryPoint]:
        return entry_points(group=f"ticket_explorer.{self._family}")

    @property
    def _all(self) -> dict[str, type[S]]:
        if not self._is_whole:
            self._is_whole = True  # a plug-in may ask for the family that it adds to
            for entry in self._entries():
                if (settings := self._loaded(entry)) is not None:
                    self._known[entry.name] = settings
        return self._known

    def _loaded(self, entry: EntryPoint) -> type[S] | None:
        """What an entry point adds; None, and a warning, if it can't be had."""
        by = f"{entry.name!r} of {entry.dist.name}" if entry.dist is not None else repr(entry.name)
        said = f"The plug-in {by} is left out of {self._family}: "
        if entry.name in (*self._known, *self._unlisted):
            warnings.warn(f"{said}there is another one of that name.", PlugInWarning, stacklevel=4)
            return None
        try:
            settings = entry.load()
        except (Exception, SystemExit) as error:  # anybody's code
            why = shortened(f"{type(error).__name__}: {error}".splitlines()[0]).rstrip(": ")
            warnings.warn(f"{said}{entry.value} can't be imported: {why}.", PlugInWarning, stacklevel=4)
            return None
        if not (isinstance(settings, type) and issubclass(settings, Settings) and name_of(settings) == entry.name):
            expected = f"a class of settings whose tag is {entry.name!r}"
            warnings.warn(f"{said}{entry.value} is not {expected}.", PlugInWarning, stacklevel=4)
            return None
        return cast(type[S], settings)


def register(family: str, *own: type[S], unlisted: Iterable[type[S]] = ()) -> Registry[S]:
    """The registry of a family: its own settings classes by name, then what plug-ins add; and what is not listed."""
    return Registry(family, own, unlisted)


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
