"""The sources of a spec: a preset, a file, data or a table; and single values set over it."""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from sessions.specs.overrides import FAMILIES
from sessions.specs.own_code import trusted_in, with_own_code
from sessions.specs.own_succession import is_other_code, lost_arguments, without_code
from sessions.specs.own_trust import trust_in_branches, trusted_in_branches
from sessions.specs.settings_of_branches import overridden_by_branches
from sessions.specs.spec import Spec, Table, parse_spec, spec_table
from ticket_explorer import presets
from ticket_explorer.errors import InvalidValue, TicketError, UnknownName
from ticket_explorer.own_code import names_code
from ticket_explorer.registry import name_of
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.own_data.settings import Arrays, ImageFolder
from ticket_explorer.tasks.settings import absolute
from ticket_explorer.trainers.succession import Succession, dropped, succeed

DEFAULT = "fashion"
_OF_CODE = ("place", "source", "file", "measured")
"""Fields that no person has set."""


def load_table(source: str | None) -> Table:
    """The whole table of a preset by name, or of a TOML file; without either, the embedded default's.

    An .npz file or a directory of images means the default's table with these data.

    Raises:
        TicketError: if there is no such preset or file, or it is not valid TOML.
    """
    name = source or DEFAULT
    if name in presets.names():
        return presets.load(name)
    path = Path(name)
    if (task := _own_data(path)) is not None:
        return {**presets.load(DEFAULT), "task": {"name": task, "path": absolute(name, Path.cwd())}}
    if path.suffix != ".toml" and not path.exists():
        if name in TASKS:
            raise TicketError(f"{name!r} is a task, not a preset; take a preset and: --set task={name}")
        raise UnknownName("preset", name, presets.names())
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise TicketError(f"{path} is not valid TOML: {error}.") from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise TicketError(f"{path} can't be read: {why}; give a preset or a TOML file.") from None
    except UnicodeDecodeError:
        raise TicketError(f"{path} is not text; give a preset or a TOML file.") from None
    _anchor(table, path.parent)
    return presets.resolved(table)


def named_table(source: str | PathLike[str] | Mapping[str, Any] | Spec) -> tuple[Table, str]:
    """A new table from a preset's name, a file, data, a table or a spec; and a name for its session.

    Raises:
        TicketError: if there is no such preset or file, or it can't be read.
    """
    if isinstance(source, Spec):
        return spec_table(source), source.title
    if isinstance(source, Mapping):
        table = presets.resolved(deepcopy(dict(source)))
        return table, str(table.get("title", "session"))
    if not isinstance(source, str | PathLike):
        raise InvalidValue("spec", repr(source), "a preset's name, a file, a table, or a Spec")
    return load_table(fspath(source)), Path(source).stem


def spec_from(
    source: str | PathLike[str] | Mapping[str, Any] | Spec = DEFAULT, settings: Mapping[str, Any] | None = None
) -> Spec:
    """The spec of a preset, a TOML file, your own data, or a table, with single values set over it.

    Args:
        source: A preset's name, the path of a TOML file, an .npz file or a directory of images, a table, or a spec.
        settings: Values by their paths, `{"pruning.ratio": 0.3, "trainer.strategy": "pgpe"}`.

    Raises:
        TicketError: if there is no such source, or a value can't work.
    """
    if isinstance(source, Spec) and not settings:
        return source
    table, _ = named_table(source)
    put(table, settings or {})
    return parse_spec(table)


def _own_data(path: Path) -> str | None:
    """The task for the data at a path; None if there are no data."""
    if path.is_dir() and not (path / "session.msgpack").is_file():
        return name_of(Arrays if any(path.glob("*.npy")) else ImageFolder)
    return name_of(Arrays) if path.suffix == ".npz" else None


def anchored(table: Table, directory: Path) -> Table:
    """A copy of a table whose paths are absolute, with the text of each file of one's own that it names.

    Raises:
        TicketError: if there is no such file.
    """
    copy = deepcopy(table)
    _anchor(copy, directory)
    return copy


def _anchor(table: Table, directory: Path) -> None:
    """Make tasks' paths absolute and read code, relative to a directory: an engine may work in another one."""
    branches = table.get("branch")
    for number, place in enumerate((table, *(branches if isinstance(branches, list) else ()))):
        if isinstance(place, dict):
            place.update(with_own_code(place, directory, f"$.branch[{number - 1}]" if number else "$"))
            _anchor_ticket(place, directory)
        task = place.get("task") if isinstance(place, dict) else None
        if isinstance(task, dict):
            for field in {field for settings in TASKS.values() for field in settings.paths} & {*task}:
                if isinstance(task[field], str):
                    task[field] = absolute(task[field], directory)
    trust_in_branches(trusted_in(table), table)


def _anchor_ticket(place: Table, directory: Path) -> None:
    ticket = place.get("ticket")
    if isinstance(ticket, str):
        ticket = place["ticket"] = {"path": ticket}
    if isinstance(ticket, dict) and isinstance(ticket.get("path"), str):
        ticket["path"] = absolute(ticket["path"], directory)


def assign(table: Table, assignments: list[str]) -> None:
    """Set `path=value` in a table; values are TOML, anything else is text.

    Args:
        table: Changed in place.
        assignments: `pruning.ratio=0.3`, `branch.random.rewind="initial"`, `branch.0.pruner=snr`.
    """
    values = {}
    for assignment in assignments:
        path, equals, value = assignment.partition("=")
        if not equals or not path.strip():
            raise InvalidValue("--set", assignment, "path=value, such as pruning.ratio=0.3")
        values[path.strip()] = toml_value(value.strip())
    put(table, values, "--set")


def put(table: Table, values: Mapping[str, Any], given: str = "settings", directory: Path | None = None) -> None:
    """Set values in a table; `succeed` decides which settings stay if the strategy or trainer changes.

    Args:
        table: Changed in place; what is dropped is added to its `remarks`.
        values: Values by path, `pruning.ratio`, `branch.random.rewind`; names of trainers and strategies come first.
        given: The values as the person wrote them, for errors.
        directory: The directory that relative paths in values start from; by default the working directory.
    """
    remarks, known = list[str](), trusted_in_branches(table)
    for path in sorted(values, key=lambda path: not (_names_trainer(path) or _names_other(path))):
        remarks += _put(table, path, values[path], given)
    remarks += overridden_by_branches(table, values, given)
    if remarks:
        table["remarks"] = [*table.get("remarks", ()), *remarks]
    trust_in_branches(known, table)
    _anchor(table, directory or Path.cwd())


def _names_trainer(path: str) -> bool:
    return path.split(".")[-2:] in (["trainer", "name"], ["trainer", "strategy"])


def _names_other(path: str) -> bool:
    family, _, field = path.rpartition(".")
    return field == "name" and family.rpartition(".")[2] in set(FAMILIES) - {"trainer"}


def _put(table: Table, path: str, value: Any, given: str) -> tuple[str, ...]:
    if path == "preset":
        raise InvalidValue(given, f"preset={value}", "a field; give the preset in place of the spec")
    *parents, last = path.removeprefix("$.").split(".")
    place: Any = table
    for key in parents:
        place = _into(place, key, path, given)
    if not isinstance(place, dict):
        raise InvalidValue(given, f"{path}={value}", f"a field of a table; {'.'.join(parents)} is not a table")
    if _names_trainer(path):
        found = succeed(dict(place), {last: value})
    else:
        found = _replaced(place, value) if _names_other(path) else _with_field(place, last, value)
    place.clear()
    place.update(found.table)
    return found.said


def _replaced(before: Table, name: Any) -> Succession:
    """The table of another algorithm than before: none of the old one's settings stay."""
    fields = {field: value for field, value in before.items() if field != "name"}
    if before.get("source") and is_other_code(before, name):
        return Succession({**without_code(before), "name": name}, lost_arguments(before, name))
    if "name" not in before or name == before["name"] or (names_code(name) and before.get("source")):
        return Succession({**before, "name": name})
    fields = {field: value for field, value in fields.items() if field not in _OF_CODE}
    return Succession({"name": name}, (dropped(str(name), before["name"], fields),) if fields else ())


def _with_field(before: Table, field: str, value: Any) -> Succession:
    """The table with one field set; says which arguments of code of one's own that drops."""
    known = before.get(field)
    if isinstance(known, dict) and known.get("source") and is_other_code(known, value):
        return Succession({**before, field: value}, lost_arguments(known, value))
    return Succession({**before, field: value})


def spec_of(
    source: str | None,
    assignments: list[str],
    rounds: int | None = None,
    generations: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
) -> Spec:
    """The spec that the arguments of `run` describe."""
    table = load_table(source)
    assign(table, assignments)
    return parse_spec(with_lengths(table, {}, rounds, generations, replicates, seed))


def with_lengths(
    source: str | PathLike[str] | Mapping[str, Any] | Spec,
    settings: Mapping[str, Any],
    rounds: int | None = None,
    generations: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
) -> Table:
    """A source's table with values set over it; rounds and generations also apply to branches that have their own.

    Raises:
        TicketError: if there is no such source, or a path leads nowhere.
    """
    table, _ = named_table(source)
    put(table, settings)
    short = {"pruning.rounds": rounds, "trainer.generations": generations, "replicates": replicates, "seed": seed}
    for branch in table.get("branch", ()):
        if isinstance(branch, dict):
            put(branch, {p: v for p, v in short.items() if v is not None and p.partition(".")[0] in branch})
    put(table, {path: value for path, value in short.items() if value is not None})
    return table


def _into(place: Any, key: str, path: str, given: str) -> Any:
    if isinstance(place, list):
        names = [item.get("name") if isinstance(item, dict) else None for item in place]
        for i, item in enumerate(place):
            if key in (str(i), names[i]):
                return item
        known = ", ".join(str(name) for name in names)
        raise InvalidValue(given, path, f"a branch among {known}")
    if not isinstance(place, dict):
        raise InvalidValue(given, path, "a field of a table; one of the names before the last is not a table")
    inner = place.setdefault(key, {})
    if isinstance(inner, str):
        inner = place[key] = {"name": inner}
    return inner


def toml_value(text: str) -> Any:
    """What a text means as a value of TOML; text itself if it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
