"""Your own code in a spec's tables: `FILE.py:OBJECT` is replaced by the object's name and the file's text."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ticket_explorer.analysis import ANALYSES
from ticket_explorer.analysis.own_settings import OwnAnalysis
from ticket_explorer.analysis.settings import AnalysisSettings
from ticket_explorer.errors import InvalidValue
from ticket_explorer.own_code import import_of, names_code, outline_of, taken_in
from ticket_explorer.own_settings import OWN, own_settings, settings_for
from ticket_explorer.own_trust import is_trusted, trust
from ticket_explorer.registry import lookup, name_of
from ticket_explorer.tables import is_table
from ticket_explorer.tasks.own_data.own_settings import OwnData

_OURS = {"source", "file", "measured"}
"""Fields that are filled in here, or by the session; others that no form shows are the object's own."""


def with_own_code(tables: Mapping[str, Any], directory: Path, path: str = "$") -> dict[str, Any]:
    """The tables of a plan, or overrides of one, with the text of each file that they name.

    The other fields of such a table are the object's own keyword arguments.

    Args:
        tables: By `task`, `network`, `pruner` and others; what names no code stays as it is.
        directory: The directory that relative paths start from.
        path: Where the tables stand, for errors.

    Raises:
        TicketError: if there is no such file.
    """
    return {key: _taken_in(key, value, directory, f"{path}.{key}.name") for key, value in tables.items()}


def codes_of(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The tables of a plan that have code of one's own: `place`, `source`, `parameters`, and `file` where it was."""
    yield from (table for _, table in codes_by_key(plan))


def codes_by_key(plan: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The same, each after its key in the plan."""
    for key in OWN:
        table = plan.get(key)
        if is_table(table) and table.get("source"):
            yield key, table if "place" in table else {**table, "place": table.get("id", "")}
        elif is_table(table) and (imported := imported_by(key, table)):
            yield key, {"place": str(table["id"]), "source": import_of(imported)}


def trusted_in(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The places and sources of a plan's code that this user lets run as it is called there."""
    return [(place, source) for place, source, given in _calls(plan) if is_trusted(place, source, given)]


def trust_changes(known: Collection[tuple[str, str]], plan: Mapping[str, Any]) -> None:
    """Trust code also with the arguments that this user has given it, if it was trusted with those before.

    Args:
        known: What was trusted, as `trusted_in` gives it.
        plan: The tables with what the user has changed.

    Raises:
        TicketError: if that can't be kept.
    """
    for place, source, given in _calls(plan):
        if (place, source) in known:
            trust(place, source, given)


def _calls(plan: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for code in codes_of(plan):
        given = code.get("parameters")
        yield str(code.get("place", "")), str(code["source"]), given if is_table(given) else {}


def check_is_repair(plan: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
    """Refuse another task or network in place of a branch's own, but for other code of the same kind.

    Args:
        plan: Of the branch.
        overrides: What takes its place, with the text of files.

    Raises:
        InvalidValue: if there is nothing, it is no code of one's own, of another kind, or gives data.
    """
    if not overrides:
        raise InvalidValue("$", "nothing", "task=FILE.py:CLASS or network=FILE.py:CLASS")
    for key, wanted in overrides.items():
        known = own_settings(key, plan[key].get("name"))
        name = wanted.get("name") if is_table(wanted) else wanted
        if known is None or known is OwnData or name != name_of(known):
            given = (wanted.get("place") or wanted.get("id") if is_table(wanted) else None) or name
            expected = (
                "repaired code of your own, FILE.py:CLASS, in place of such; begin another branch with anything else"
            )
            raise InvalidValue(f"$.{key}.name", given, expected)


def analysis_called(kind: str) -> type[AnalysisSettings]:
    """The settings of an analysis, by its name, or by that of code of one's own.

    Raises:
        UnknownName: if there is none.
    """
    if names_code(kind) or own_settings("analysis", kind):
        return OwnAnalysis
    return lookup("analysis", ANALYSES, kind)


def with_own_analysis(kind: str, parameters: Mapping[str, Any], directory: Path) -> tuple[str, dict[str, Any]]:
    """The kind of an analysis and its parameters, with the text of the file that the kind names.

    Raises:
        TicketError: if there is no such analysis or file.
    """
    if analysis_called(kind) is not OwnAnalysis:
        return kind, dict(parameters)
    name = parameters.get("name", kind)  # `tx.code_of(my_look)` is a table with a name
    table = with_own_code({"analysis": {**parameters, "name": name}}, directory)["analysis"]
    return table.pop("name"), table


def imported_by(key: str, table: Mapping[str, Any]) -> str:
    """The module that Gymnasium imports for a task's id, `module:Name-v0`; empty if it imports none."""
    is_gymnasiums = key == "task" and table.get("name") == "gymnasium"
    return str(table.get("id", "")).rpartition(":")[0] if is_gymnasiums else ""


def _taken_in(key: str, given: Any, directory: Path, path: str) -> Any:
    table = dict(given) if isinstance(given, Mapping) else {"name": given}
    if key == "task" and table.get("name") == "gymnasium" and ".py:" in str(table.get("id", "")):
        table["name"] = table.pop("id")
    if module := imported_by(key, table):
        trust(str(table["id"]), import_of(module), {})
    name, found = table.get("name"), {}
    if key not in OWN or not (names_code(name) or own_settings(key, name)):
        return given
    if not names_code(name) and not table.get("source"):  # chosen in a form, and typed into its field
        name = table.get("place") or table.get("id") or ""
        if not names_code(name):
            raise InvalidValue(path, name or "nothing yet", "FILE.py:OBJECT, a file of yours and what it defines")
    if names_code(name):
        found = taken_in(str(name), path, directory)
    place, source = (str({**table, **found}.get(field, "")) for field in ("place", "source"))
    settings = settings_for(key, outline_of(source, place.rpartition(":")[2])) if place else own_settings(key, name)
    assert settings is not None
    if "place" in found and "place" not in settings.__struct_encode_fields__:
        found["id"] = found.pop("place")
    fields = {"name", *settings.__struct_encode_fields__} - {*settings.filled_in} | _OURS
    kept = {field: value for field, value in table.items() if field in fields}
    more = {field: value for field, value in table.items() if field not in fields}
    given = table.get("parameters") or {}
    if not is_table(given):
        expected = "a table of keyword arguments, { power = 2 }"
        raise InvalidValue(f"{path.removesuffix('.name')}.parameters", given, expected)
    parameters = {**given, **more}
    if found or is_trusted(place, source, table.get("parameters", {})):
        trust(place, source, parameters)
    return {**kept, **found, "name": name_of(settings), **({"parameters": parameters} if parameters else {})}
