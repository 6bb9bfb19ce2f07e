"""The fields of a spec, as any form shows them: path, value, range, explanation; no widget is made here.

Ranges come from the settings' types, explanations from their docstrings, so that a plug-in's settings
have a form too.
"""

import ast
import inspect as source
import re
import textwrap
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import inspect

from sessions.specs.spec import Table
from sessions.specs.validation import expected

Key = str | int
_LISTS = (inspect.VarTupleType, inspect.TupleType, inspect.ListType)


@dataclass(frozen=True)
class Field:
    """One value of a spec, for a row of a form."""

    path: tuple[Key, ...]
    """Keys from the top: `("trainer", "population")`; a number counts branches."""
    kind: inspect.Type
    value: Any = None
    """Its current value; None if it has none, so the default applies."""
    default: Any = None
    """Its default; None also if a value is required."""
    explanation: str = ""
    choices: Mapping[str, str] | None = None
    """For a choice: the description of each option by its name; the empty name is `default`."""
    words: str = ""
    """The type that it accepts."""
    empty: str = "default"
    """The text that it shows while nothing is typed."""

    @property
    def name(self) -> str:
        """Its path below its table in the spec: `population`, `parameters.lr_std`."""
        return ".".join(map(str, self.path[1:]))

    @property
    def label(self) -> str:
        """Its label: its name in the spec, or the table's for the name of an algorithm."""
        is_name = self.choices is not None and self.path[-1] == "name"
        inside = "  " if len([key for key in self.path if not isinstance(key, int)]) - is_name > 2 else ""
        return inside + str(self.path[-2] if is_name else self.path[-1])

    @property
    def place(self) -> str:
        """Its path as in errors: `$.branch[0].pruner.name`."""
        return place_of(self.path)

    def is_about(self, place: str) -> bool:
        """Whether an error there is this field's: in it, in what is typed into it, or in the table it names."""
        return place == self.place or place.startswith(f"{self.place}.") or f"{place}.name" == self.place

    @property
    def accepts(self) -> str:
        """Its range in words, large numbers with commas; nothing for a choice."""
        return "" if self.choices else re.sub(r"\d{5,}", lambda n: f"{int(n[0]):,}", self.words)

    @property
    def interval(self) -> str:
        """Its range in signs, if it has one: `≥ 1`, `0 < … ≤ 1`."""
        kind = _bare(self.kind)
        if not isinstance(kind, inspect.IntType | inspect.FloatType):
            return ""
        low = f"{_shown(kind.gt)} <" if kind.gt is not None else f"{_shown(kind.ge)} ≤" if kind.ge is not None else ""
        high = f"< {_shown(kind.lt)}" if kind.lt is not None else f"≤ {_shown(kind.le)}" if kind.le is not None else ""
        if not high:
            return {"<": ">", "≤": "≥"}.get(low[-1:], "") + " " + low[:-2] if low else ""
        return f"{low} … {high}".strip()


def fields_of(
    settings: type[msgspec.Struct],
    path: tuple[Key, ...],
    present: Mapping[str, Any] = MappingProxyType({}),
    names: Iterable[str] | None = None,
) -> list[Field]:
    """The fields of a settings class.

    Args:
        settings: A msgspec struct class.
        path: The path of its table.
        present: The current table; fields that it lacks are empty.
        names: Which fields, in this order; all, if None.
    """
    info = inspect.type_info(settings)
    assert isinstance(info, inspect.StructType)
    said, by_name = explanations(settings), {field.encode_name: field for field in info.fields}
    return [_field(by_name[name], (*path, name), present.get(name), said) for name in names or by_name]


def _field(field: inspect.Field, path: tuple[Key, ...], value: Any, said: Mapping[str, str]) -> Field:
    default = None if field.default is msgspec.NODEFAULT else field.default
    meta = (field.type.extra_json_schema or {}) if isinstance(field.type, inspect.Metadata) else {}
    return Field(
        path,
        field.type,
        value,
        default,
        said.get(field.name, "") or str(meta.get("description", "")),
        _choices(field.type, default),
        expected(field.type),
        "" if field.required else "default",
    )


@cache
def explanations(kind: type) -> dict[str, str]:
    """The docstrings of a class's fields, inherited ones included, each on one line."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        with suppress(OSError, TypeError, SyntaxError, IndexError):
            body = ast.parse(textwrap.dedent(source.getsource(base))).body[0]
            assert isinstance(body, ast.ClassDef)
            for field, doc in zip(body.body, body.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    found[field.target.id] = _string(doc) or found.get(field.target.id, "")
    return found


def inner_struct(kind: inspect.Type) -> type[msgspec.Struct] | None:
    """The struct class of a field that is a table of its own."""
    bare = _bare(kind)
    return bare.cls if isinstance(bare, inspect.StructType) else None


def written(value: Any) -> str:
    """A value as a person types it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(written, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} = {written(inner)}" for key, inner in value.items())
    return str(value)


def read(text: str, kind: inspect.Type) -> Any:
    """The value that a person typed, read as TOML; None for nothing, or the text itself."""
    bare, text = _bare(kind), text.strip()
    if isinstance(bare, inspect.StrType):
        return text
    if not text:
        return None
    if isinstance(bare, _LISTS) or ("," in text and _may_be_a_list(kind)):
        text = f"[{text.strip('[]')}]"
    if isinstance(bare, inspect.DictType):
        text = f"{{{text.strip('{}')}}}"
    if isinstance(bare, inspect.IntType | inspect.FloatType):
        for number in (int, float):
            with suppress(ValueError):
                return number(text)
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return _words(text) if isinstance(bare, inspect.VarTupleType) and _is_word(bare.item_type) else text


def entered(fields: Iterable[Field], texts: Mapping[str, str]) -> Table:
    """The values of fields that a person filled in, by their names."""
    return {field.name: read(texts[field.name], field.kind) for field in fields}


def place_of(path: tuple[Key, ...]) -> str:
    """A path as in errors."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


def value_at(table: Any, path: tuple[Key, ...]) -> Any:
    """The value at a path; None if there is none. A bare name counts as a table with that name."""
    place: Any = table
    for key in path:
        if isinstance(place, str) and key == "name":
            return place
        items: Any = dict(enumerate(place)) if isinstance(place, list) else place
        if not isinstance(items, dict) or key not in items:
            return None
        place = items[key]
    return place


def with_value(table: Table, path: tuple[Key, ...], value: Any) -> Table:
    """A copy of a table with another value at a path; None removes it."""
    table = deepcopy(table)
    place: Any = table
    for key in path[:-1]:
        if isinstance(key, str) and not isinstance(place.get(key), dict | list):
            given = place.get(key)
            place[key] = {"name": given} if isinstance(given, str) else {}
        place = place[key]
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    return table


def _choices(kind: inspect.Type, default: Any) -> dict[str, str] | None:
    bare = _bare(kind)
    if isinstance(bare, inspect.BoolType):
        return {"false": "", "true": ""}
    if not isinstance(bare, inspect.LiteralType):
        return None
    optional = {} if default is not None else {"": ""}
    return optional | {str(value): "" for value in bare.values}


def _may_be_a_list(kind: inspect.Type) -> bool:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return isinstance(kind, inspect.UnionType) and any(isinstance(option, _LISTS) for option in kind.types)


def _bare(kind: inspect.Type) -> inspect.Type:
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        if isinstance(kind, inspect.Metadata):
            kind = kind.type
        else:
            kind = next(option for option in kind.types if not isinstance(option, inspect.NoneType))
    return kind


def _is_word(kind: inspect.Type) -> bool:
    return isinstance(_bare(kind), inspect.LiteralType | inspect.StrType)


def _words(text: str) -> list[str]:
    """A list of names, with or without quotation marks."""
    return [word for piece in text.strip("[]").split(",") if (word := piece.strip(" \"'"))]


def _shown(bound: float | None) -> str:
    return f"{bound:,}" if isinstance(bound, int) else f"{bound:g}"


def _string(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return " ".join(node.value.value.split())
    return ""
