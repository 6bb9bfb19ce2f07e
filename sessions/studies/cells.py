"""From a study's spec to its cells: names, values on each axis, and the whole spec of each cell's session.

A cell is planned once. Its spec is journalled, with the text of code of one's own, so that cells that begin later are
those that were planned.
"""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from sessions.plans.cost import estimate_session
from sessions.specs.sources import DEFAULT, anchored, put
from sessions.specs.spec import Spec, Table, parse_spec, spec_table
from sessions.studies.study_spec import SEED, Axis, StudySpec
from ticket_explorer import presets
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.tables import is_table

LONGEST_NAME = 150
"""Characters of a cell's name, which is its directory's."""
ALONE = "cell"
"""The name of a cell without axes."""


class PlannedCell(msgspec.Struct, frozen=True, kw_only=True):
    """One session of a study, as it was planned."""

    name: str
    axes: dict[str, Any]
    """Its value on each axis, a label for what is no text or number; the seed among them if the study has seeds."""
    packed: bytes
    """The whole spec of its session, a table as msgpack, compressed: cells differ in little."""
    seed: int
    generations: int | None = None
    """Generations of all its rounds; None if that can't be known without its data."""
    seconds: float | None = None
    """How long it takes, roughly, on the machine that planned it; None if that isn't known."""
    memory_bytes: int | None = None
    """Roughly, the peak memory of the process that computes it; None if that isn't known."""

    def spec(self) -> Spec:
        """The spec of its session.

        Raises:
            TicketError: if this version, or a missing plug-in, can't have it.
        """
        return parse_spec(self.spec_table())

    def spec_table(self) -> Table:
        """The same as a table."""
        table: Table = msgspec.msgpack.decode(zlib.decompress(self.packed))
        return table

    @property
    def question(self) -> bytes:
        """What cells that differ in nothing but their seed have in common."""
        table = self.spec_table()
        return msgspec.msgpack.encode({**table, "title": "", "remarks": (), "seed": 0})


def planned_cells(study: StudySpec, directory: Path) -> list[PlannedCell]:
    """The cells of a study in order: the last axis varies fastest, seeds fastest of all.

    Args:
        study: What varies, and what cells begin with.
        directory: The directory that relative paths of data and code start from.

    Raises:
        TicketError: if the spec of a cell can't be, with the cell's name, or none is left.
    """
    found = [cell for values in _combinations(study.axis) for cell in _cells_at(study, values, directory)]
    if not found:
        raise InvalidValue("$.leave_out", "all combinations", "at least one that is left")
    _check_twins(found)
    return found


def of_cell(cell: str, error: TicketError) -> TicketError:
    """The error that a cell can't be, for an error of its spec."""
    return TicketError(f"Cell {cell} can't work: {error}", given=error.given, expected=error.expected)


def _check_twins(cells: list[PlannedCell]) -> None:
    """Refuse cells that would be one session twice."""
    known: dict[tuple[int, bytes], str] = {}
    for cell in cells:
        twin = known.setdefault((cell.seed, cell.question), cell.name)
        if twin != cell.name:
            raise InvalidValue(
                "$.axis",
                f"cells {twin} and {cell.name}, which would be the same session",
                "axes that change every cell; where branches have a setting of their own, vary branch.NAME.SETTING, or "
                "give [[branch]] tables without it",
            )


def _combinations(axes: tuple[Axis, ...]) -> Iterator[dict[str, int]]:
    """Every combination: by each axis's name, the number of its value."""
    for numbers in product(*(range(len(axis.takes)) for axis in axes)):
        yield dict(zip((axis.name for axis in axes), numbers, strict=True))


def _cells_at(study: StudySpec, numbers: Mapping[str, int], directory: Path) -> Iterator[PlannedCell]:
    """The cells at one combination, which differ in their seeds alone."""
    labels = {axis.name: axis.called[numbers[axis.name]] for axis in study.axis}
    shown = {axis.name: _shown(axis, numbers[axis.name]) for axis in study.axis}
    seeds: tuple[int | None, ...] = study.seed_values or (None,)
    names = {seed: _name(labels, seed) for seed in seeds if not _is_left_out(study, numbers, seed)}
    if not names:
        return
    first = next(iter(names.values()))
    try:
        spec = _spec(study, numbers, directory)
    except TicketError as error:
        raise of_cell(first, error) from None
    generations, seconds, memory = _price(spec)
    table = spec_table(spec)
    for seed, name in names.items():
        own = {**table, "title": f"{study.title or 'Study'}: {name}", SEED: spec.seed if seed is None else seed}
        yield PlannedCell(
            name=name,
            axes=shown if seed is None else {**shown, SEED: seed},
            packed=zlib.compress(msgspec.msgpack.encode(own)),
            seed=own[SEED],
            generations=generations,
            seconds=seconds,
            memory_bytes=memory,
        )


def _spec(study: StudySpec, numbers: Mapping[str, int], directory: Path) -> Spec:
    """The spec at one combination: the preset, the study's tables over it, `[set]`, `[[where]]`, then the axes."""
    begun = {axis.path or "preset": axis.takes[numbers[axis.name]] for axis in study.axis}
    base = {**study.base, **({"preset": begun.pop("preset")} if "preset" in begun else {})}
    table = presets.resolved(anchored(base or {"preset": DEFAULT}, directory))
    put(table, dict(_leaves(study.settings)), "$.set", directory)
    for number, where in enumerate(study.where):
        if _fits(study, numbers, where.cells):
            put(table, dict(_leaves(where.settings)), f"$.where[{number}].set", directory)
    put(table, begun, "$.axis", directory)
    return parse_spec(table)


def _leaves(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Values by their whole paths, whether or not TOML's keys were quoted."""
    for key, value in table.items():
        if is_table(value) and value:
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _price(spec: Spec) -> tuple[int | None, float | None, int | None]:
    """Generations, seconds and bytes, as far as they can be known without data; the engine refuses what can't be."""
    with suppress(TicketError):
        cost = estimate_session(spec)
        return cost.generations, cost.seconds, cost.memory_bytes
    return None, None, None


def _shown(axis: Axis, number: int) -> Any:
    value = axis.takes[number]
    return value if axis.labels is None and isinstance(value, str | int | float) else axis.called[number]


def _name(labels: Mapping[str, str], seed: int | None) -> str:
    parts = [*labels.values(), *([] if seed is None else [f"{SEED}-{seed}"])]
    name = ",".join(parts) or ALONE
    if len(name) > LONGEST_NAME:
        raise InvalidValue(
            "$.axis", f"a cell called {name}", "shorter `labels`, since a cell's name is its directory's"
        )
    return name


def _is_left_out(study: StudySpec, numbers: Mapping[str, int], seed: int | None) -> bool:
    return any(_fits(study, numbers, one, seed) for one in study.leave_out)


def _fits(study: StudySpec, numbers: Mapping[str, int], chosen: Mapping[str, Any], seed: int | None = None) -> bool:
    """Whether a combination is among those that a table of values for some axes means."""
    known = {axis.name: axis for axis in study.axis}

    def fits(name: str, given: Any) -> bool:
        if name == SEED:
            return seed in (given if isinstance(given, list | tuple) else [given])
        return numbers[name] in known[name].numbers(given)

    return all(fits(name, given) for name, given in chosen.items())
