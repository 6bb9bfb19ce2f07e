"""The records of a study's journal: what was planned, who ran what, and what came of it.

New fields have defaults, and no field is reused, as in a session's journal.
"""

from typing import Any, Literal, TypeAlias

import msgspec

from sessions.studies.cells import PlannedCell

SCHEMA = 1
"""The schema of studies that this version writes, and the highest it reads."""


class Record(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One record; its tag is the class's name."""

    at: float
    """Seconds since 1970."""


class FigureOf(msgspec.Struct, frozen=True, kw_only=True):
    """A paper's figure, and the cells that belong to it."""

    cites: str
    number: int | None
    """The figure of Lange & Sprekeler (2023) that it is drawn as."""
    cells: list[str]


class AnalysisOf(msgspec.Struct, frozen=True, kw_only=True):
    """An analysis of cells that are finished."""

    name: str
    branches: list[str]
    """The branches whose weights are looked at; empty: each in turn."""
    rounds: list[int]
    """Rounds that are looked at one by one; empty: the last one, or the whole line."""
    settings: dict[str, Any]
    cells: list[str]


class Planned(Record, frozen=True, kw_only=True, tag=True):
    """The study was begun, or was given more."""

    schema: int = SCHEMA
    by: str
    """Who, `ada@node-7`."""
    digest: str
    """The SHA-256 of the `study.toml` that it was planned from."""
    directory: str
    """The directory that relative paths in it start from."""
    title: str
    threads: int
    """The cores of a cell."""
    axes: list[str]
    order: list[str]
    """The names of all cells, in order; one that isn't here any more was never begun."""
    cells: list[PlannedCell]
    """Those that are new, or have more rounds than before."""
    figures: list[FigureOf] = []
    analyses: list[AnalysisOf] = []


class RunBegan(Record, frozen=True, kw_only=True, tag=True):
    """A process began to run the study; others may run it too."""

    run: str
    """The run's id, which its other records name."""
    by: str
    pid: int
    workers: int
    versions: dict[str, str]


class Worked(Record, frozen=True, kw_only=True, tag=True):
    """A worker worked on a cell, for about a round."""

    run: str
    cell: str
    machine: str
    pid: int
    device: str
    """What it computed on, `cpu` or `gpu`."""
    began: float
    seconds: float
    generations: int
    """Generations that came in."""
    left: int
    """Generations that are left."""
    state: Literal["paused", "finished"]
    rounds_done: int
    rounds_planned: int
    density: float | None
    """The lowest density that has a score."""
    score: float | None
    """The best score there."""
    journal_bytes: int
    """The length of the session's journal then; while it is the same, all of this is still so."""
    curve: list[float] = []
    """The ticket curve: the best score at each density, from dense to sparse."""


class CellFailed(Record, frozen=True, kw_only=True, tag=True):
    """A cell can't go on; it is left alone until it is retried."""

    run: str
    cell: str
    why: str


class Retried(Record, frozen=True, kw_only=True, tag=True):
    """Cells that had failed are to be run again."""

    by: str
    cells: list[str]


class Moved(Record, frozen=True, kw_only=True, tag=True):
    """Cells may go on with another kind of device than they began with: their last bits may differ."""

    by: str
    cells: list[str]


class RunEnded(Record, frozen=True, kw_only=True, tag=True):
    """A run of the study ended in order."""

    run: str
    why: str
    """`finished`, or what ended it."""


AnyRecord: TypeAlias = Planned | RunBegan | Worked | CellFailed | Retried | Moved | RunEnded

DECODER = msgspec.msgpack.Decoder(AnyRecord)
