"""Code of one's own in the forms of a branch: the choice, its fields, and what a person typed into them.

The text of a file is taken in where a form checks itself, and again where the command is sent.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sessions.specs.own_code import with_own_code
from sessions.specs.own_succession import place_of
from sessions.specs.spec import Table
from ticket_explorer.errors import TicketError
from ticket_explorer.own_code import NAME
from ticket_explorer.own_settings import OWN, own_settings
from widgets.decisions.fields import Field, entered, fields_of

SUMMARY = "Your own: FILE.py:OBJECT, relative to the directory that {} runs in."
"""Of the choice; with the face that runs there."""
_LABEL = "your own"
_HINTS = {"place": ("FILE.py:OBJECT", ""), "parameters": ("power = 2, …", "none")}
"""The fields in order: what they accept, and what they show while they are empty."""


def own_summary(face: str = "the app") -> str:
    """The choice in a sentence."""
    return SUMMARY.format(face)


def own_name(key: str, present: Table) -> str:
    """The name in a plan's table that stands for code of one's own: the one that it has, or `own`.

    Args:
        key: `pruner`, `rewind` or `trainer`.
        present: The plan's table.
    """
    return str(present["name"]) if is_own(key, present["name"]) else NAME


def is_own(key: str, name: object) -> bool:
    """Whether a choice is code of one's own."""
    return own_settings(key, name) is not None


def own_choice(key: str, present: Table) -> dict[str, str]:
    """The choice, by its name, with its label."""
    return {own_name(key, present): _LABEL}


def label_of(key: str, present: Table) -> str:
    """What a plan's table is called in a form: by its name, or by file and object."""
    return place_of(present) if is_own(key, present["name"]) else str(present["name"])


def own_fields(key: str, present: Table) -> list[Field]:
    """Where the code is, and its arguments; with their values, if the plan has such."""
    settings = own_settings(key, own_name(key, present)) or OWN[key][0]
    found = fields_of(settings, (key,), present if is_own(key, present["name"]) else {}, _HINTS)
    return [
        replace(field, words=words, empty=empty) for field, (words, empty) in zip(found, _HINTS.values(), strict=True)
    ]


def own_table(key: str, present: Table, texts: Mapping[str, str]) -> Table | None:
    """The override that a person typed; None if everything stays as it is.

    Args:
        key: `pruner`, `rewind` or `trainer`.
        present: The plan's table.
        texts: The texts in the fields, by the fields' names.
    """
    values = entered(own_fields(key, present), texts)
    place, parameters = str(values["place"]).strip(), values["parameters"] or {}
    if is_own(key, present["name"]) and place == present.get("place"):
        return None if parameters == present.get("parameters", {}) else {"parameters": parameters}
    return {"name": own_name(key, present), "place": place, **({"parameters": parameters} if parameters else {})}


def taken_in(overrides: Table) -> Table:
    """Overrides with the text of the files that they name, relative to the working directory.

    Raises:
        TicketError: if there is no such file, at the path of the field that it is typed into.
    """
    try:
        return with_own_code(overrides, Path.cwd())
    except TicketError as error:
        key = error.path.removeprefix("$.").removesuffix(".name")
        if key not in _typed(overrides):
            raise
        raise TicketError(error.said, path=f"$.{key}.place", given=error.given, expected=error.expected) from None


def _typed(overrides: Mapping[str, Any]) -> list[str]:
    return [key for key, table in overrides.items() if isinstance(table, Mapping) and is_own(key, table.get("name"))]


def has_own_code(overrides: Mapping[str, Any]) -> bool:
    """Whether something of one's own is in these overrides, which is to be tried before they are accepted."""
    return bool(_typed(overrides)) or any(
        isinstance(table, Mapping) and "parameters" in table and "name" not in table for table in overrides.values()
    )
