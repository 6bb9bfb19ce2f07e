"""From plain tables to typed structs, with errors that say where, what was given and what was expected."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from ticket_explorer.errors import InvalidValue
from ticket_explorer.tables import is_table

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")

DEEPEST = 16
"""The deepest nesting of tables."""
SMALLEST, LARGEST = 2.0**-126, (2 - 2.0**-23) * 2.0**127
"""The smallest and the largest number that single precision holds in full."""
LARGEST_WHOLE = 2**63 - 1


class Part(NamedTuple):
    """A part of a value, and the type that it should have."""

    path: str
    value: Any
    kind: Any
    """A type, as in an annotation."""


def convert(table: Any, kind: type[T], path: str) -> T:
    """`table` as an instance of the struct `kind`.

    Args:
        table: What was given.
        kind: A msgspec struct class.
        path: The table's path in the spec, `$.pruning`.

    Raises:
        InvalidValue: with the path of the field, the value given and the range expected.
    """
    check_numbers(table, path)
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError:
        raise _refusal(Part(path, table, kind)) from None


def checked(given: S) -> S:
    """A struct made in Python, whose fields may hold anything, as if it had been read from plain tables.

    Args:
        given: An instance of a msgspec struct class.

    Raises:
        InvalidValue: as `convert` does; also if something in it is no plain value.
    """
    try:
        table = msgspec.to_builtins(given, builtin_types=(bytes,), enc_hook=_plain)
    except (TypeError, RecursionError) as error:
        raise InvalidValue("$", f"what can't be sent ({error})", "tables, lists, texts and numbers") from None
    table.pop(type(given).__struct_config__.tag_field, None)
    return convert(table, type(given), "$")


def check_numbers(value: Any, path: str, depth: int = 0) -> None:
    """Refuse numbers that can't be computed with, and tables that are nested too deeply.

    Args:
        value: Tables, lists, texts and numbers.
        path: Its path in the spec.
        depth: How many tables and lists enclose it.

    Raises:
        InvalidValue: if a number is not finite, or neither 0 nor what single precision holds in full.
    """
    if depth > DEEPEST:
        raise InvalidValue(path, "more tables", f"tables within tables, no more than {DEEPEST} deep")
    if isinstance(value, int):
        if abs(value) > LARGEST_WHOLE:
            raise InvalidValue(path, "a number of many digits", f"a whole number up to {LARGEST_WHOLE}")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidValue(path, value, "a finite number")
        if value and not SMALLEST <= abs(value) <= LARGEST:
            raise InvalidValue(path, value, f"0, or a number of {SMALLEST:.3g} to {LARGEST:.3g} in size")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            check_numbers(inner, f"{path}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            check_numbers(inner, f"{path}[{index}]", depth + 1)


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


def _refusal(part: Part) -> InvalidValue:
    """The error for a value that msgspec refuses: that of its first part that msgspec refuses too."""
    fields = _fields(part)
    if fields is not None and is_table(part.value):
        unknown = next((key for key in part.value if key not in fields), None)
        if unknown is not None and _refuses_others(part.kind):
            known = f"one of {', '.join(fields)}" if fields else "no field but the name"
            return InvalidValue(f"{part.path}.{unknown}", "unknown field", known)
    for inner in _parts(part):
        if _is_refused(inner):
            return _refusal(inner)
    if fields is not None and is_table(part.value):
        missing = next((name for name, field in fields.items() if field.required and name not in part.value), None)
        if missing is not None:
            return InvalidValue(f"{part.path}.{missing}", "missing", expected(fields[missing].type))
    return InvalidValue(part.path, _shown(part.value), expected(inspect.type_info(part.kind)))


def _is_refused(part: Part) -> bool:
    try:
        msgspec.convert(part.value, part.kind)
    except msgspec.ValidationError:
        return True
    return False


def _parts(part: Part) -> Iterator[Part]:
    """The parts of a value, each with the type that it should have."""
    path, value, kind = part
    kind = _meant(kind, value)
    items = get_args(kind)
    if is_table(value) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind, include_extras=True)
        for field in msgspec.structs.fields(kind):
            if field.encode_name in value:
                name = field.encode_name
                yield Part(f"{path}.{name}", value[name], hints[field.name])
    elif is_table(value) and len(items) == 2 and _is_kind_of(get_origin(kind), Mapping):
        for key, inner in value.items():
            yield Part(f"{path}.{key}", inner, items[1])
    elif isinstance(value, list | tuple) and items and _is_kind_of(get_origin(kind), Sequence):
        kinds = [items[0]] * len(value) if len(items) == 1 or items[-1] is ... else items
        for index, (inner, item) in enumerate(zip(value, kinds, strict=False)):
            yield Part(f"{path}[{index}]", inner, item)


def _meant(kind: Any, value: Any) -> Any:
    """The type that a value was meant to have: of several, the first that is a table or a list like the value."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        options = [_meant(option, value) for option in get_args(kind)]
        return next((option for option in options if _is_like(option, value)), kind)
    return kind


def _is_kind_of(kind: Any, family: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, family)


def _is_like(kind: Any, value: Any) -> bool:
    bare = get_origin(kind) or kind
    if not isinstance(bare, type):
        return False
    if is_table(value):
        return issubclass(bare, msgspec.Struct | Mapping)
    return isinstance(value, list | tuple) and issubclass(bare, Sequence) and bare is not str


def _fields(part: Part) -> dict[str, inspect.Field] | None:
    """The fields that a table should have, by their names; None if it may have any."""
    info = inspect.type_info(_meant(part.kind, part.value))
    return {field.encode_name: field for field in info.fields} if isinstance(info, inspect.StructType) else None


def _refuses_others(kind: Any) -> bool:
    return bool(_meant(kind, {}).__struct_config__.forbid_unknown_fields)


def _plain(value: Any) -> Any:
    """Convert tables, sequences, paths and NumPy's numbers to Python's own types."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview):
        return list(value)
    if isinstance(value, PathLike):
        return fspath(value)
    if hasattr(value, "__index__"):
        return int(value)
    if hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"a value of type {type(value).__name__}")


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)
