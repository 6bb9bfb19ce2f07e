"""Fields of a form: what they hold now, what they accept in words, and what is wrong with what was typed."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from sessions.specs.spec import Pruning, Table, parse_plan
from sessions.specs.validation import expected
from ticket_explorer.errors import TicketError

_PATH = re.compile(r"(?P<path>\$\S*): (?P<rest>.*)", re.DOTALL)
_EXPECTED = re.compile(r"^.*?(?P<expected>expected .*)$", re.DOTALL)


@dataclass(frozen=True)
class Field:
    """What a row of a form is made from."""

    name: str
    """As in the spec, below its table: `population`, `parameters.lr_std`."""
    value: object
    """What it holds now; None: nothing, so that a default counts."""
    words: str
    """What it accepts."""
    empty: str = "default"
    """What it says while nothing is typed."""


@dataclass(frozen=True)
class Complaint:
    """Why something can't be, and where."""

    path: str
    """`$.trainer.population`; empty if it concerns no field."""
    sentence: str

    @property
    def short(self) -> str:
        """Beside its field: what was expected."""
        match = _EXPECTED.match(self.sentence)
        return match["expected"] if match else self.sentence

    def concerns(self, place: str) -> bool:
        """Whether it is about a field, or an entry of it, `$.pruning.ratios`."""
        return self.path == place or self.path.startswith(f"{place}.")

    @property
    def whole(self) -> str:
        """Where it can't stand beside its field."""
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


def fields_of(
    settings: type[msgspec.Struct], present: Mapping[str, Any], names: Iterable[str] | None = None
) -> list[Field]:
    """The fields of a settings class, with their present values and their ranges in words.

    Args:
        settings: The settings class.
        present: Its table as it is; what it lacks is empty.
        names: Which fields, in this order; all, if None.
    """
    known = inspect.type_info(settings)
    assert isinstance(known, inspect.StructType)
    by_name = {field.encode_name: field for field in known.fields}
    return [
        Field(name, present.get(name), expected(field.type), "" if field.required else "default")
        for name, field in ((name, by_name[name]) for name in names or by_name)
    ]


def shown(value: object) -> str:
    """A value as it is typed."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{key} = {shown(inner)}" for key, inner in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def typed(text: str) -> Any:
    """What a text stands for: nothing, true or false, a number, a table (`dense = 0.2`); else the text itself."""
    text = text.strip()
    if text in ("", "true", "false"):
        return {"": None, "true": True, "false": False}[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    with suppress(tomllib.TOMLDecodeError):
        return tomllib.loads(f"value = {{{text.strip('{}')}}}")["value"]
    return text


def typed_pruning(texts: Mapping[str, str], present: Mapping[str, Any]) -> Table:
    """What was typed of how much is pruned, where it is not as it was; a table left empty is an empty table."""
    values = {name: typed(text) for name, text in texts.items()}
    values = {name: {} if value is None and name == "ratios" else value for name, value in values.items()}
    return {name: value for name, value in values.items() if value != present.get(name)}


def pruning_fields(present: Mapping[str, Any]) -> list[Field]:
    """How much is pruned; layers' own ratios where there are any."""
    return fields_of(Pruning, present, ["ratio", *(["ratios"] if present.get("ratios") else [])])


def objection(plan: Table, overrides: Table) -> Complaint | None:
    """Why a plan can't be overridden so; None if it can."""
    try:
        parse_plan(plan, overrides)
    except TicketError as error:
        return complaint_of(error)
    return None


def complaint_of(error: TicketError) -> Complaint:
    """An error's sentence, and the path of the field it is about."""
    match = _PATH.fullmatch(str(error))
    return Complaint(match["path"], match["rest"]) if match else Complaint("", str(error))
