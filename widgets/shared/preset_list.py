"""The list of presets for every face: in groups by what they need here, or only those that match some words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from ticket_explorer import presets
from ticket_explorer.registry import name_of
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.catalogue import DATA_SETS
from ticket_explorer.tasks.control.box2d.settings import Box2DSettings
from ticket_explorer.tasks.control.brax.settings import BraxSettings
from ticket_explorer.tasks.control.gymnax.settings import GymnaxSettings
from ticket_explorer.tasks.settings import Fashion, TaskSettings

READY = "Ready here"
DATA = "Need data: ticket-explorer data prepare"
GPU = "For a GPU, which this machine lacks"
_EXTRA = "Need an extra: pip install 'ticket-explorer[{extra}]'"
_LARGE = ("conv_6", "resnet_18")
"""Networks whose rounds take days without a GPU."""


@dataclass(frozen=True)
class Group:
    """Presets that need the same."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    title: str
    words: str
    """The text that words are matched against."""
    data: frozenset[str]
    """The data sets that it learns from."""
    extras: tuple[tuple[str, str], ...]
    """The modules that it needs, each with the extra that brings it."""
    wants_gpu: bool


def groups(words: Sequence[str] = (), has_gpu: bool = False) -> tuple[Group, ...]:
    """The presets that match all words, grouped by what they lack here, those that lack nothing first.

    Args:
        words: Parts of a preset's name or title, or of the names of its task, network, trainer or strategy.
        has_gpu: Whether this machine has a GPU to compute on.
    """
    wanted = [word.casefold() for word in words]
    found: dict[str, list[str]] = {READY: [], GPU: [], DATA: []}
    for name in presets.names():
        if all(word in _entry(name).words for word in wanted):
            found.setdefault(_lacks(_entry(name), has_gpu), []).append(name)
    return tuple(Group(title, tuple(names)) for title, names in found.items() if names)


def title_of(name: str) -> str:
    """One line on what a preset shows."""
    return _entry(name).title


def _lacks(entry: _Entry, has_gpu: bool) -> str:
    """What a preset lacks here first, in words."""
    for module, extra in entry.extras:
        if find_spec(module) is None:
            return _EXTRA.format(extra=extra)
    if not all(DATA_SETS[name].is_prepared for name in entry.data):
        return DATA
    return GPU if entry.wants_gpu and not has_gpu else READY


@cache
def _entry(name: str) -> _Entry:
    table = presets.load(name)
    title, trainer = str(table.get("title", "")), table.get("trainer", {})
    parts = (name, title, *(_name(table.get(key)) for key in ("task", "network", "trainer")), trainer.get("strategy"))
    tables = [table, *table.get("branch", [])]
    tasks = [given for one in tables if (given := one.get("task")) is not None] or [name_of(Fashion)]
    named = [_name(task) for task in tasks]
    kinds = [(TASKS.get(name) if name else None) or TaskSettings for name in named]
    return _Entry(
        title,
        " ".join(str(part) for part in parts if part).casefold(),
        frozenset(_name(task) for task in tasks) & DATA_SETS.keys(),
        tuple(dict.fromkeys(_extras(tasks, kinds))),
        any(issubclass(kind, BraxSettings) for kind in kinds) or _name(table.get("network")) in _LARGE,
    )


def _extras(tasks: Iterable[Any], kinds: Iterable[type[TaskSettings]]) -> Iterable[tuple[str, str]]:
    for task, kind in zip(tasks, kinds, strict=True):
        if issubclass(kind, GymnaxSettings):
            yield "gymnax", "control"
        elif issubclass(kind, BraxSettings):
            yield "brax", "control"
        elif issubclass(kind, Box2DSettings):
            is_envpool = isinstance(task, dict) and task.get("provider") == "envpool"
            yield ("envpool", "envpool") if is_envpool else ("gymnasium", "control")


def _name(given: object) -> str:
    return str(given.get("name", "")) if isinstance(given, dict) else str(given or "")
