"""The spec of a study, `study.toml`: what every cell begins with, and what varies between cells.

It is checked like a session's spec, and errors name the same paths (`$.axis[0].values`). Tables of a session's spec may
stand beside the study's own fields: every cell begins with them.
"""

import re
from collections.abc import Mapping
from math import prod
from typing import Annotated, Any

import msgspec
from msgspec import Meta, structs

from sessions.specs.overrides import PLAN_KEYS
from sessions.specs.spec import Seed
from sessions.specs.validation import convert
from sessions.studies.labels import labels_of
from ticket_explorer import presets
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.errors import InvalidValue, UnknownName

MOST_CELLS = 100_000
"""The most cells of a study."""
MOST_FIGURES = 11
"""The last figure of the paper, appendix included."""
SEED = "seed"
"""The axis that `seeds` makes."""

_SPEC_KEYS = ("preset", "title", "seed", "replicates", "ticket", "branch", *PLAN_KEYS)
_ELSEWHERE = {
    "seed": "another path; `seeds` makes a cell for each seed",
    "preset": "another path; an axis with `presets` in place of `values` varies the preset",
    "title": "another path; cells are named after their values",
}
_NAME = re.compile(r"[A-Za-z]\w{0,39}", re.ASCII)


class Axis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[axis]]`: a name, and what it takes in turn."""

    name: str
    presets: tuple[str, ...] | None = None
    """Names of presets that cells begin with."""
    values: tuple[Any, ...] | None = None
    """Values of `path`, as `--set` takes them."""
    path: str = ""
    """The path of the field that varies, `trainer.strategy`."""
    labels: tuple[str, ...] | None = None
    """What the values are called in names of cells and in tables; by default they name themselves."""

    @property
    def takes(self) -> tuple[Any, ...]:
        """Its presets, or its values."""
        return self.values or self.presets or ()

    @property
    def called(self) -> tuple[str, ...]:
        """The label of each of them."""
        return labels_of(self.name, self.takes) if self.labels is None else self.labels

    def number(self, given: Any) -> int | None:
        """Which of its values is given, by the value itself or by its label; None if it has no such value."""
        for number, (value, label) in enumerate(zip(self.takes, self.called, strict=True)):
            if label == given or (type(value) is type(given) and value == given):
                return number
        return None

    def numbers(self, given: Any) -> list[int | None]:
        """Which of its values are given: one of them, or a list of several."""
        several = self.number(given) is None and isinstance(given, list | tuple)
        return [self.number(one) for one in (given if several else [given])]


class Where(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[where]]`: values that are set over some cells only."""

    cells: dict[str, Any]
    """A value, or a list of values, for some axes; what fits all of them is meant."""
    settings: dict[str, Any] = msgspec.field(name="set")
    """Values by path, set after the study's own `[set]`."""


class Cited(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[figure]]`: which cells a figure of a paper is drawn from."""

    cites: str
    """The paper's figure, as a reader looks it up."""
    number: Annotated[int, Meta(ge=1, le=MOST_FIGURES)] | None = None
    """The figure of Lange & Sprekeler (2023) that it is drawn as; None: it is only cited."""
    cells: dict[str, Any] = {}
    """A value, or a list of values, for some axes; what fits all of them belongs to it. Empty: every cell."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[analyse]]`: an analysis of every cell that is finished."""

    name: str
    """The analysis, as `ticket-explorer analyses` lists it."""
    branches: tuple[str, ...] = ()
    """The branches whose weights are looked at; empty: each branch in turn."""
    rounds: tuple[Annotated[int, Meta(ge=0)], ...] = ()
    """Rounds that are looked at one by one; empty: the last one, or the whole line where the analysis looks at that."""
    settings: dict[str, Any] = {}
    """The analysis's own settings, by name."""
    cells: dict[str, Any] = {}
    """As those of a figure."""


class StudySpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole study's specification."""

    title: str = ""
    seeds: Annotated[int, Meta(ge=1, le=MOST_CELLS)] | tuple[Seed, ...] | None = None
    """How many seeds get a session of their own at each combination, or which; None: the spec's own seed alone."""
    threads: Annotated[int, Meta(ge=1, le=1024)] = 1
    """The cores that a cell computes on. Bits depend on it, so it is the study's, and no matter of how it is run."""
    axis: tuple[Axis, ...] = ()
    settings: dict[str, Any] = msgspec.field(name="set", default_factory=dict)
    """Values by path, set over every cell before its axes are."""
    where: tuple[Where, ...] = ()
    """Values that are set over some cells only; of two for the same path the later counts."""
    leave_out: tuple[dict[str, Any], ...] = ()
    """Combinations that make no cell: each a value, or a list of values, for some axes."""
    figure: tuple[Cited, ...] = ()
    """The papers' figures that cells belong to; without any, every cell belongs to each figure that it can."""
    analyse: tuple[Wanted, ...] = ()
    """Analyses of finished cells."""
    base: dict[str, Any] = {}
    """What every cell begins with: tables of a session's spec, `preset` among them."""

    @property
    def seed_values(self) -> tuple[int, ...]:
        """The seeds that get cells of their own; none if the spec's seed is the only one."""
        if isinstance(self.seeds, int):
            first = self.base.get("seed", 0)
            return tuple(range(first, first + self.seeds))
        return self.seeds or ()

    @property
    def most_cells(self) -> int:
        """How many cells it has, if no combination is left out."""
        return prod(len(axis.takes) for axis in self.axis) * max(len(self.seed_values), 1)

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of its axes, seeds last."""
        return (*(axis.name for axis in self.axis), *([SEED] if self.seed_values else []))


_OWN = tuple(field.encode_name for field in structs.fields(StudySpec) if field.name != "base")


def parse_study(table: Mapping[str, Any]) -> StudySpec:
    """The spec of a study, as read from TOML; what its cells' own specs hold is checked when they are planned.

    Raises:
        TicketError: with the path, the given value and what was expected.
    """
    for key in table:
        if key not in (*_OWN, *_SPEC_KEYS):
            raise InvalidValue(f"$.{key}", "unknown field", f"one of {', '.join(dict.fromkeys((*_OWN, *_SPEC_KEYS)))}")
    base = {key: value for key, value in table.items() if key not in _OWN}
    own = convert({key: value for key, value in table.items() if key in _OWN}, StudySpec, "$")
    study = structs.replace(own, base=base)
    _check_seeds(study)
    for number, axis in enumerate(study.axis):
        _check_axis(axis, f"$.axis[{number}]")
    _check_axes(study.axis)
    for number, combination in enumerate(study.leave_out):
        if not combination:
            raise InvalidValue(f"$.leave_out[{number}]", "an empty table", "a value for at least one axis")
        _check_chosen(study, combination, f"$.leave_out[{number}]")
    for number, where in enumerate(study.where):
        _check_chosen(study, where.cells, f"$.where[{number}].cells")
        if SEED in where.cells:
            raise InvalidValue(
                f"$.where[{number}].cells.{SEED}", where.cells[SEED], "other axes: seeds differ in nothing"
            )
    for number, figure in enumerate(study.figure):
        _check_chosen(study, figure.cells, f"$.figure[{number}].cells")
    for number, wanted in enumerate(study.analyse):
        if wanted.name not in ANALYSES:
            raise UnknownName("analysis", wanted.name, ANALYSES, f"$.analyse[{number}].name")
        convert(wanted.settings, ANALYSES[wanted.name], f"$.analyse[{number}].settings")
        _check_chosen(study, wanted.cells, f"$.analyse[{number}].cells")
    if study.most_cells > MOST_CELLS:
        raise InvalidValue("$.axis", f"{study.most_cells:,} combinations", f"at most {MOST_CELLS:,} cells")
    return study


def _check_seeds(study: StudySpec) -> None:
    if study.seeds is None:
        return
    first = study.base.get("seed", 0)
    if not isinstance(first, int) or not 0 <= first < 2**32:
        raise InvalidValue("$.seed", first, f"a whole number between 0 and {2**32 - 1}")
    if isinstance(study.seeds, tuple) and (not study.seeds or len(set(study.seeds)) < len(study.seeds)):
        raise InvalidValue("$.seeds", list(study.seeds), "seeds that differ, at least one")
    if study.seed_values[-1] >= 2**32:
        raise InvalidValue("$.seeds", study.seeds, f"seeds up to {2**32 - 1}")


def _check_axis(axis: Axis, path: str) -> None:
    columns = _columns()
    if not _NAME.fullmatch(axis.name) or axis.name in columns:
        expected = "a name of letters, digits and _, beginning with a letter"
        reserved = f", and none of {', '.join(sorted(columns))}" if axis.name in columns else ""
        raise InvalidValue(f"{path}.name", repr(axis.name), expected + reserved)
    if (axis.presets is None) == (axis.values is None):
        given = "neither presets nor values" if axis.values is None else "presets and values"
        raise InvalidValue(path, given, "either presets, or values with a path")
    if not axis.takes:
        raise InvalidValue(f"{path}.{'values' if axis.presets is None else 'presets'}", "none", "at least one")
    if axis.presets is not None and axis.path:
        raise InvalidValue(f"{path}.path", repr(axis.path), "no path beside presets")
    if axis.values is not None and (not axis.path or axis.path in _ELSEWHERE):
        expected = _ELSEWHERE.get(axis.path, "the path of a field, such as trainer.strategy")
        raise InvalidValue(f"{path}.path", repr(axis.path) if axis.path else "missing", expected)
    for number, name in enumerate(axis.presets or ()):
        if name not in presets.names():
            raise UnknownName("preset", name, presets.names(), f"{path}.presets[{number}]")
    _check_labels(axis, path)


def _columns() -> set[str]:
    """Columns of a study's table that are no axis."""
    from sessions.reports.data_frame import COLUMNS  # which imports NumPy: looking at studies needs none

    return {SEED, "cell", "session", "generation", *COLUMNS}


def _check_labels(axis: Axis, path: str) -> None:
    if axis.labels is not None and len(axis.labels) != len(axis.takes):
        raise InvalidValue(f"{path}.labels", f"{len(axis.labels)} labels", f"{len(axis.takes)}, one for each value")
    if axis.labels is not None and list(axis.labels) != list(labels_of(axis.name, axis.labels)):
        expected = "labels of 1 to 40 letters, digits and . _ + -, beginning with a letter or digit"
        raise InvalidValue(f"{path}.labels", list(axis.labels), expected)
    lower = [label.lower() for label in axis.called]
    for number, label in enumerate(lower):
        if not label or label in lower[:number]:
            given = f"{axis.takes[number]!r}, which would be called {axis.called[number] or 'nothing'!r}"
            where = f"{path}.{'values' if axis.presets is None else 'presets'}[{number}]"
            raise InvalidValue(where, given, "values with names of their own; `labels` gives each one")


def _check_axes(axes: tuple[Axis, ...]) -> None:
    for number, axis in enumerate(axes):
        before = axes[:number]
        if axis.name.lower() in [other.name.lower() for other in before]:
            raise InvalidValue(f"$.axis[{number}].name", repr(axis.name), "a name that no other axis has")
        if axis.path in [other.path for other in before if other.path]:
            raise InvalidValue(f"$.axis[{number}].path", repr(axis.path), "a path that no other axis varies")
        if axis.presets is not None and any(other.presets is not None for other in before):
            raise InvalidValue(f"$.axis[{number}].presets", "a second axis of presets", "one axis of presets at most")


def _check_chosen(study: StudySpec, combination: Mapping[str, Any], path: str) -> None:
    known = {axis.name: axis for axis in study.axis}
    for name, given in combination.items():
        if name not in study.axes:
            raise UnknownName("axis", name, study.axes, f"{path}.{name}")
        if name == SEED:
            seeds = given if isinstance(given, list | tuple) else [given]
            there, is_known = [*map(str, study.seed_values)], all(seed in study.seed_values for seed in seeds)
        else:
            there, is_known = [*known[name].called], None not in known[name].numbers(given)
        if not is_known:
            raise InvalidValue(f"{path}.{name}", repr(given), f"one of {', '.join(there)}, or a list of some")
