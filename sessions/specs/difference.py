"""What two specs differ in, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any

MISSING = "nothing"
_SHOWN = 6
_LONGEST = 60


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Values of two tables that differ, by path (`branch.snr.pruning.ratio`); `MISSING` stands for no value."""
    before, after = dict(flattened(one)), dict(flattened(other))
    paths = dict.fromkeys((*before, *after))
    pairs = {path: (before.get(path, MISSING), after.get(path, MISSING)) for path in paths}
    return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}


def flattened(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a table by path, `pruning.ratio`; branches are called by their names."""
    for key, value in table.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            yield from flattened(value, f"{path}.")
        elif isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value):
                yield from flattened(one, f"{path}.{one.get('name', number)}.")
        else:
            yield path, value


def told_differences(found: Mapping[str, tuple[Any, Any]]) -> str:
    """`seed is 1 there and 2 here, pruning.ratio is …`; the first few, and how many more there are."""
    told = [f"{path} is {_short(one)} there and {_short(other)} here" for path, (one, other) in _merged(found).items()]
    more = f", and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return ", ".join(told[:_SHOWN]) + more


def _merged(found: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """The differences; one that is the same in several branches is listed once, without their names."""
    parts = {path: path.split(".", 2) for path in found}
    fields = {path: part[2] if part[0] == "branch" and len(part) == 3 else path for path, part in parts.items()}
    same: dict[tuple[str, str], list[str]] = {}
    for path, pair in found.items():
        same.setdefault((fields[path], repr(pair)), []).append(path)
    return {paths[0] if len(paths) == 1 else field: found[paths[0]] for (field, _), paths in same.items()}


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
