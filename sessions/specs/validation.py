"""From plain tables to typed structs, with errors that say where, what was given and what was expected."""

import re
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from ticket_explorer.errors import InvalidValue
from ticket_explorer.tables import is_table

T = TypeVar("T")

_ERROR = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<where>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.(?P<field>[^.\[]+)|\[(?P<index>\d+|\.\.\.)\]")
_ENTRY = re.compile(r"\.(?P<field>\w+)\[\.\.\.\]")
"""Some entry of a table of numbers; msgspec doesn't say which."""
_UNKNOWN = re.compile(r"unknown field `(.*)`")
_MISSING = re.compile(r"missing required field `(.*)`")


def convert(table: Any, kind: type[T], path: str) -> T:
    """`table` as an instance of the struct `kind`.

    Args:
        table: What was given.
        kind: A msgspec struct class.
        path: Where the table stands in the whole, `$.pruning`.

    Raises:
        InvalidValue: with the path of the field, the value given and the range expected.
    """
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise _explain(str(error), table, kind, path) from None


def expected(kind: inspect.Type) -> str:
    """What a field accepts, in words: `a number between 0 and 1, exclusive`."""
    if isinstance(kind, inspect.Metadata):
        return expected(kind.type)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(expected(option) for option in kind.types if not isinstance(option, inspect.NoneType))
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
        return f"{noun}{_interval(kind)}"
    if isinstance(kind, inspect.LiteralType):
        return f"one of {', '.join(str(value) for value in kind.values)}"
    if isinstance(kind, inspect.BoolType):
        return "true or false"
    if isinstance(kind, inspect.StrType):
        return "text"
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return f"a list, each item {expected(kind.item_type)}"
    if isinstance(kind, inspect.TupleType):
        return f"a list of {len(kind.item_types)}, each {expected(kind.item_types[0])}"
    return "a table"


def _interval(kind: inspect.IntType | inspect.FloatType) -> str:
    low, high = (kind.ge if kind.gt is None else kind.gt), (kind.le if kind.lt is None else kind.lt)
    open_low, open_high = kind.gt is not None, kind.lt is not None
    if isinstance(kind, inspect.IntType):
        low, high = low if low is None else low + open_low, high if high is None else high - open_high
        open_low = open_high = False
    if low is not None and high is not None:
        ends = {
            (True, True): ", exclusive",
            (False, False): "",
            (True, False): f", {low} exclusive",
            (False, True): f", {high} exclusive",
        }[open_low, open_high]
        return f" between {low} and {high}{ends}"
    if low is not None:
        return f" above {low}" if open_low else f" of at least {low}"
    if high is not None:
        return f" below {high}" if open_high else f" of at most {high}"
    return ""


def _explain(message: str, table: Any, kind: type, path: str) -> InvalidValue:
    match = _ERROR.match(message)
    where = (match["where"] if match else "") or ""
    place = path + where
    what = match["what"] if match else message
    info = inspect.type_info(kind)
    value: Any = table
    if (entry := _ENTRY.fullmatch(where)) and is_table(table[entry["field"]]):
        value, key = _narrowed(table, entry["field"], kind)
        place = f"{path}.{entry['field']}.{key}"
    for step in _STEP.finditer(where):
        value, info = _descend(value, info, step["field"], step["index"])
    types = {field.encode_name: field.type for field in info.fields} if isinstance(info, inspect.StructType) else {}
    if unknown := _UNKNOWN.search(what):
        known = f"one of {', '.join(types)}" if types else "no field but the name"
        return InvalidValue(f"{place}.{unknown[1]}", "unknown field", known)
    if (missing := _MISSING.search(what)) and missing[1] in types:
        return InvalidValue(f"{place}.{missing[1]}", "missing", expected(types[missing[1]]))
    return InvalidValue(place, _shown(value), expected(info))


def _narrowed(table: Any, field: str, kind: type) -> tuple[Any, str]:
    """The table with nothing in one of its tables but the entry that is refused, and the key of that entry."""
    each = ({**table, field: {key: value}} for key, value in table[field].items())
    narrowed = next(one for one in each if _refuses(kind, one))
    return narrowed, next(iter(narrowed[field]))


def _refuses(kind: type, table: Any) -> bool:
    try:
        msgspec.convert(table, kind)
    except msgspec.ValidationError:
        return True
    return False


def _descend(value: Any, info: inspect.Type, field: str | None, index: str | None) -> tuple[Any, inspect.Type]:
    while isinstance(info, inspect.Metadata):
        info = info.type
    if isinstance(info, inspect.UnionType):
        info = next((option for option in info.types if isinstance(option, inspect.StructType)), info.types[0])
    if index is not None:
        items = getattr(info, "item_types", None)
        position = 0 if index == "..." else int(index)
        item = items[position] if items else getattr(info, "item_type", getattr(info, "value_type", info))
        return (list(value.values()) if is_table(value) else value)[position], item
    if isinstance(info, inspect.StructType):
        types = {entry.encode_name: entry.type for entry in info.fields}
        return (value or {}).get(field), types.get(field or "", info)
    return value, info


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)
