"""Presets: whole specs as TOML files, each with the paper and table its numbers come from.

A preset, and a spec of one's own, may begin from another preset: `preset = "ant"` with what differs. The
rest is merged over it as a branch is over its spec; loading one gives the whole.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from ticket_explorer.errors import InvalidValue, UnknownName
from ticket_explorer.tables import Overlaid, overlay


@cache
def names() -> tuple[str, ...]:
    """All presets, the embedded default first."""
    found = sorted(file.name.removesuffix(".toml") for file in _files() if file.name.endswith(".toml"))
    return tuple(sorted(found, key=lambda name: name != "fashion"))


def load(name: str) -> dict[str, Any]:
    """The whole table of a preset, with what it takes from the one it begins from.

    Raises:
        UnknownName: with the known ones, if there is none.
    """
    return _resolved(tomllib.loads(text(name)), ()).tables


def text(name: str) -> str:
    """A preset's TOML as it is written, comments and all.

    Raises:
        UnknownName: with the known ones, if there is none.
    """
    if name not in names():
        raise UnknownName("preset", name, names())
    return (resources.files(__name__) / f"{name}.toml").read_text(encoding="utf-8")


def resolved(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table merged over the preset that its `preset` names; as it is if it names none.

    Single fields are changed, another algorithm's table and a list of branches take the place of the preset's. What of
    the preset's trainer does not stay is added to the table's `remarks`.

    Raises:
        TicketError: if there is no such preset, or presets begin from each other in a circle.
    """
    found = _resolved(table, ())
    return (
        found.tables if not found.said else {**found.tables, "remarks": [*found.tables.get("remarks", ()), *found.said]}
    )


def _resolved(table: Mapping[str, Any], within: tuple[str, ...]) -> Overlaid:
    own = {key: value for key, value in table.items() if key != "preset"}
    if "preset" not in table:
        return Overlaid(own)
    name = table["preset"]
    if not isinstance(name, str):
        raise InvalidValue("$.preset", name, "the name of a preset")
    if name not in names():
        raise UnknownName("preset", name, names(), "$.preset")
    if name in within:
        circle = " → ".join((*within[within.index(name) :], name))
        raise InvalidValue("$.preset", circle, "presets that don't refer to each other in a circle")
    return overlay(_resolved(tomllib.loads(text(name)), (*within, name)).tables, own)


def _files() -> list[Any]:
    return list(resources.files(__name__).iterdir())
