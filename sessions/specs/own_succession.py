"""What stays of code of one's own when other code, or other arguments, are laid over it."""

from collections.abc import Mapping
from typing import Any

from ticket_explorer.own_code import names_code
from ticket_explorer.own_settings import OWN, own_settings
from ticket_explorer.tables import Overlaid, is_table
from ticket_explorer.trainers.succession import dropped

_PLACES = ("place", "id", "file")


def with_own_succession(before: Mapping[str, Any], over: Mapping[str, Any]) -> tuple[Overlaid, dict[str, Any]]:
    """Tables and overrides of them, prepared so that merging them is right for code of one's own.

    Of other code than before nothing stays: the former object's arguments are dropped, with a sentence. Fields that the
    settings don't know are arguments of the object that stays.

    Returns:
        The tables that the overrides are to be merged over, and the overrides.
    """
    tables, overrides, said = dict(before), dict(over), list[str]()
    for key in OWN:
        base, wanted = tables.get(key), overrides.get(key)
        if not (is_table(base) and base.get("source")):
            continue
        if is_other_code(base, wanted):
            tables[key] = without_code(base)
            said += lost_arguments(base, wanted)
        elif is_table(wanted) and wanted.get("name", base["name"]) == base["name"]:
            overrides[key] = _with_arguments(key, base, wanted)
    return Overlaid(tables, tuple(said)), overrides


def is_other_code(base: Mapping[str, Any], wanted: Any) -> bool:
    """Whether a name or a table names another object of one's own than a table has, or one of another file."""
    if names_code(wanted):
        return str(wanted).rpartition("/")[2] != place_of(base)
    if not is_table(wanted):
        return False
    if names_code(wanted.get("name")):
        return is_other_code(base, wanted["name"])
    return any(wanted.get(field) and base.get(field) and wanted[field] != base[field] for field in _PLACES)


def lost_arguments(base: Mapping[str, Any], wanted: Any) -> tuple[str, ...]:
    """A sentence about the arguments that don't go on with other code; none where there are none."""
    parameters = base.get("parameters")
    if not (is_table(parameters) and parameters):
        return ()
    name = (place_of(wanted) or wanted.get("name")) if is_table(wanted) else wanted
    return (dropped(str(name).rpartition("/")[2], place_of(base), parameters),)


def place_of(table: Mapping[str, Any]) -> str:
    """File and object, `rules.py:my_score`."""
    return str(table.get("place") or table.get("id") or "")


def without_code(base: Mapping[str, Any]) -> dict[str, Any]:
    """What a table says besides the code, and besides what other code of its family would not mean by it."""
    gone = {"source", "parameters", "measured", "prunable", *_PLACES}
    return {field: value for field, value in base.items() if field not in gone}


def _with_arguments(key: str, base: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides with fields that the settings don't have as arguments of the object."""
    settings = own_settings(key, base["name"])
    assert settings is not None or not base.get("source")
    if settings is None:
        return dict(wanted)
    fields = {"name", *settings.__struct_encode_fields__}
    more = {field: value for field, value in wanted.items() if field not in fields}
    if not more and "parameters" not in wanted:
        return dict(wanted)
    known, given = base.get("parameters"), wanted.get("parameters")
    parameters = {**(known if is_table(known) else {}), **(given if is_table(given) else {}), **more}
    return {**{field: value for field, value in wanted.items() if field in fields}, "parameters": parameters}
