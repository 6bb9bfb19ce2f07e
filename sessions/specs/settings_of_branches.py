"""Settings of a whole spec that some of its branches have for themselves, so that they change nothing there."""

from collections.abc import Mapping
from typing import Any

from sessions.specs.overrides import PLAN_KEYS
from ticket_explorer.errors import InvalidValue
from ticket_explorer.tables import is_table


def overridden_by_branches(table: Mapping[str, Any], values: Mapping[str, Any], given: str) -> list[str]:
    """Sentences about values that only some branches take, since others have their own.

    Args:
        table: The whole table, with the values set.
        values: By their paths, `rewind`, `pruner.power`.
        given: How the person gave them, for errors.

    Raises:
        InvalidValue: if no branch at all takes a value; it says what to write instead.
    """
    branches = table.get("branch")
    known = [one for one in branches if is_table(one)] if isinstance(branches, list) else []
    said = []
    for path, value in values.items():
        key, *inner = path.removeprefix("$.").split(".")
        own = [branch for branch in known if _differs(branch.get(key), inner, value)] if key in PLAN_KEYS else []
        own = [branch for branch in own if not _is_set_there(branch, known.index(branch), key, values)]
        if not own:
            continue
        instead = f"branch.{own[0].get('name')}.{path.removeprefix('$.')}"
        names = ", ".join(str(branch.get("name")) for branch in own)
        if len(own) == len(known):
            expected = f"{instead}={_shown(value)}: every branch has a {key} of its own ({names})"
            raise InvalidValue(given, f"{path}={_shown(value)}", expected)
        one = len(own) == 1
        said.append(
            f"{path} is not changed in {names}, which {'has' if one else 'have'} a {key} of "
            f"{'its' if one else 'their'} own; write {instead}={_shown(value)} to change it there."
        )
    return said


def _differs(own: Any, inner: list[str], value: Any) -> bool:
    """Whether a branch's own table, or name, says otherwise than a value at a path in it."""
    if own is None:
        return False
    if isinstance(own, str):
        own = {"name": own}
    if not inner:
        wanted = value if is_table(value) else {"name": value}
        return "name" in own and own["name"] != wanted.get("name", own["name"])
    for name in inner[:-1]:
        own = own.get(name) if is_table(own) else None
    if not is_table(own):
        return False
    return inner[-1] in own and own[inner[-1]] != value


def _is_set_there(branch: Mapping[str, Any], number: int, key: str, values: Mapping[str, Any]) -> bool:
    """Whether the person has set that branch's own, too."""
    places = [f"branch.{name}.{key}" for name in (branch.get("name"), number)]
    return any(path.removeprefix("$.").startswith(place) for path in values for place in places)


def _shown(value: Any) -> str:
    return str(value.get("name", "…")) if is_table(value) else str(value)
