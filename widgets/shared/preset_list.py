"""The list of presets for every face: in groups by what they need, or only those that match some words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ticket_explorer import presets
from ticket_explorer.registry import name_of
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control.box2d.settings import Box2DSettings
from ticket_explorer.tasks.control.brax.settings import BraxSettings
from ticket_explorer.tasks.control.gymnax.settings import GymnaxSettings
from ticket_explorer.tasks.settings import Fashion, ImageSettings, TaskSettings

_KINDS: tuple[tuple[type[TaskSettings], str], ...] = (
    (Fashion, "Embedded images: nothing to prepare"),
    (ImageSettings, "Images: ticket-explorer data prepare"),
    (GymnaxSettings, "Control by gymnax: needs extra control"),
    (BraxSettings, "Control by brax: needs extra control"),
    (Box2DSettings, "Control by Box2D: needs extra control"),
    (TaskSettings, "Other tasks"),
)
"""The kinds in the order of the list; a preset belongs to the first kind that includes its task."""


@dataclass(frozen=True)
class Group:
    """Presets that need the same."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    title: str
    group: str
    words: str
    """The text that words are matched against."""


def groups(words: Sequence[str] = ()) -> tuple[Group, ...]:
    """The presets that match all words, grouped by kind; kinds without any are left out.

    Args:
        words: Parts of a preset's name or title, or of the names of its task, network, trainer or strategy.
    """
    wanted = [word.casefold() for word in words]
    fitting = [name for name in presets.names() if all(word in _entry(name).words for word in wanted)]
    found = (Group(title, tuple(name for name in fitting if _entry(name).group == title)) for _, title in _KINDS)
    return tuple(group for group in found if group.names)


def title_of(name: str) -> str:
    """One line on what a preset shows."""
    return _entry(name).title


@cache
def _entry(name: str) -> _Entry:
    table = presets.load(name)
    title, trainer = str(table.get("title", "")), table.get("trainer", {})
    parts = (name, title, *(_name(table.get(key)) for key in ("task", "network", "trainer")), trainer.get("strategy"))
    task = TASKS.get(_name(table.get("task")) or name_of(Fashion), TaskSettings)
    group = next(title for kind, title in _KINDS if issubclass(task, kind))
    return _Entry(title, group, " ".join(str(part) for part in parts if part).casefold())


def _name(given: object) -> str:
    return str(given.get("name", "")) if isinstance(given, dict) else str(given or "")
