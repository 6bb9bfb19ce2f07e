"""A study on disk: its cells, what they found, and giving it more of them. Running it is `study_run`'s."""

import getpass
import hashlib
import os
import platform
import time
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sessions.store.errors import Damaged
from sessions.store.files import write_atomic
from sessions.studies import shipped
from sessions.studies.belonging import StudyPlan, study_plan
from sessions.studies.cell import Cell
from sessions.studies.planning import additions
from sessions.studies.records import AnyRecord, Moved, Planned, Retried
from sessions.studies.study_dir import StudyDirectory, default_study_path, read_toml, study_path
from sessions.studies.study_journal import StudyJournal
from sessions.studies.study_rows import study_frame
from sessions.studies.study_spec import StudySpec, parse_study
from sessions.studies.study_view import StudyView
from ticket_explorer.errors import TicketError, UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame

    from sessions.reports.data_frame import RowKind


class Study:
    """A grid of sessions that ask one question; opening it takes no lock, and loads no JAX."""

    def __init__(self, directory: StudyDirectory) -> None:
        """Use `create` or `open`."""
        self.path, self.directory = directory.path, directory
        self.view = StudyView()
        self._journal = StudyJournal(directory.journal, directory.journal_lock)

    @classmethod
    def create(cls, source: str | Path | Mapping[str, Any], path: str | Path | None = None) -> Self:
        """Plan a new study; nothing is trained.

        Args:
            source: The TOML file of a study, the name of a shipped one, or a table.
            path: Its directory; by default one in the user's studies, named after the file.

        Raises:
            TicketError: if a cell's spec can't be, which is named, or the place is taken.
        """
        text, table, origin = _read(source)
        study = parse_study(table)
        plan = study_plan(study, origin)  # what can't be leaves nothing behind
        name = study.title or "study" if isinstance(source, Mapping) else Path(source).stem
        made = cls(StudyDirectory.create(Path(path or default_study_path(name)), text))
        made._plan(text, study, plan, origin)
        return made

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """A study on disk, by its path or its name in the user's studies.

        Raises:
            TicketError: if it is not a study, or is damaged.
        """
        opened = cls(StudyDirectory.found(study_path(path)))
        opened.reread()
        if not opened.view.cells:
            raise Damaged(opened.directory.journal, "it says nothing of the study's cells", "Remove the study")
        return opened

    def reread(self) -> None:
        """Look again at what its journal says."""
        self._take(self._journal.news())

    def extend(self, text: str, table: Mapping[str, Any], origin: Path | None = None) -> list[str]:
        """Plan the cells of another text of its spec; returns the names of those that are new or have more rounds.

        Args:
            text: What `study.toml` is to say.
            table: The same as a table.
            origin: The directory that relative paths in it start from; by default that of the text before.

        Raises:
            TicketError: if a cell can't be, or one that has begun would change.
        """
        self.reread()
        study, place = parse_study(table), origin or Path(self.view.origin)
        return self._plan(text, study, study_plan(study, place), place)

    def _plan(self, text: str, study: StudySpec, plan: StudyPlan, place: Path) -> list[str]:
        more = additions(self.view.cells, plan.cells, lambda name: self.directory.session(name).exists())
        if self.view.cells and study.threads != self.view.threads and self._has_begun():
            raise TicketError(
                f"$.threads: {study.threads}, expected {self.view.threads}: cells have begun with so many, and their "
                "bits depend on it."
            )
        digest, order = _digest(text), [cell.name for cell in plan.cells]
        if more or order != list(self.view.cells) or digest != self.view.digest:
            planned = Planned(
                at=time.time(),
                by=whoami(),
                digest=digest,
                directory=str(place),
                title=study.title,
                threads=study.threads,
                axes=list(study.axes),
                order=order,
                cells=more,
                figures=plan.figures,
                analyses=plan.analyses,
            )
            write_atomic(self.directory.spec, text.encode())
            self.record(planned)
        return [cell.name for cell in more]

    def take_up(self) -> list[str]:
        """Plan what its `study.toml` says by now, if somebody edited it; returns the new cells' names.

        Raises:
            TicketError: as `extend`.
        """
        text, table = self.directory.read_spec()
        return [] if _digest(text) == self.view.digest else self.extend(text, table)

    def retry(self, cells: Iterable[str] = ()) -> list[str]:
        """Have cells that failed run again, by default all of them; returns their names.

        Raises:
            TicketError: if there is no such cell, or one has not failed.
        """
        self.reread()
        chosen = list(cells) or list(self.view.failed)
        for name in chosen:
            if name not in self.view.cells:
                raise UnknownName("cell", name, self.view.cells)
            if name not in self.view.failed:
                raise TicketError(f"Cell {name} has not failed; failed are: {', '.join(self.view.failed) or 'none'}.")
        if chosen:
            self.record(Retried(at=time.time(), by=whoami(), cells=chosen))
        return chosen

    def move(self) -> list[str]:
        """Let cells that have begun and aren't finished go on with any kind of device; returns their names."""
        self.reread()
        chosen = [cell.name for cell in self.cells if cell.name in self.view.devices and not cell.is_finished]
        if chosen:
            self.record(Moved(at=time.time(), by=whoami(), cells=chosen))
        return chosen

    def record(self, *records: AnyRecord) -> None:
        """Append records to its journal."""
        self._take(self._journal.append(records))

    @property
    def name(self) -> str:
        """Its directory's name, without `.study`."""
        return self.directory.name

    @property
    def title(self) -> str:
        """The title in its spec."""
        return self.view.title

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of its axes; `seed` is the last if its seeds have cells of their own."""
        return tuple(self.view.axes)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Its cells, in order."""
        return tuple(Cell(self.directory, planned, self.view) for planned in self.view.cells.values())

    def cell(self, name: str) -> Cell:
        """A cell by its name.

        Raises:
            UnknownName: if there is none.
        """
        if name not in self.view.cells:
            raise UnknownName("cell", name, self.view.cells)
        return Cell(self.directory, self.view.cells[name], self.view)

    def cells_of_figure(self, number: int) -> tuple[Cell, ...]:
        """The cells that a figure of the paper is drawn from: those that the study's `[[figure]]` tables give it.

        All cells, if the study has no such tables; none, if its tables don't name the figure.

        Args:
            number: The figure of Lange & Sprekeler (2023).
        """
        if not self.view.figures:
            return self.cells
        names = {name for figure in self.view.figures if figure.number == number for name in figure.cells}
        return tuple(cell for cell in self.cells if cell.name in names)

    def to_frame(self, rows: "RowKind" = "rounds") -> "DataFrame":
        """A pandas table of all cells that have begun: `cell`, a column for each axis, then the rows of sessions.

        Args:
            rows: What a row is, as in a session's own `to_frame`.

        Raises:
            TicketError: if no cell has begun, there are no such rows, or pandas is not installed.
        """
        return study_frame(self.cells, rows)

    def _take(self, records: Iterable[AnyRecord]) -> None:
        for record in records:
            self.view.apply(record)

    def _has_begun(self) -> bool:
        return any(self.directory.session(name).exists() for name in self.view.cells)

    def __repr__(self) -> str:
        return f"<Study {self.name}: {len(self.view.cells)} cells, {' × '.join(self.axes) or 'no axis'}>"


def open_or_begin(source: str | Path, path: str | Path | None = None) -> Study:
    """The study to run: a directory as it is, or the file's; one that exists is given what the file has more.

    Args:
        source: A study's directory or name, the TOML file of one, or the name of a shipped one.
        path: The study's directory, for a file.

    Raises:
        TicketError: if a cell's spec can't be, or the study at that place has begun otherwise.
    """
    given = Path(source)
    if (name := _shipped(source)) is not None and not study_path(path or name).exists():
        return Study.create(name, path)
    if given.suffix != ".toml" or given.is_dir():
        if path is not None:
            raise TicketError(
                f"{source} is a study, which has its place; give --study with a TOML file or a new shipped study."
            )
        study = Study.open(source)
        study.take_up()
        return study
    place = default_study_path(given.stem) if path is None else Path(path)
    if not os.path.lexists(place):
        return Study.create(given, place)
    study = Study.open(place)
    study.extend(*read_toml(given), given.parent.absolute())
    return study


def whoami() -> str:
    """This user and machine, `ada@node-7`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = f"user {os.getuid()}" if hasattr(os, "getuid") else "somebody"
    return f"{user}@{platform.node()}"


def _read(source: str | Path | Mapping[str, Any]) -> tuple[str, Mapping[str, Any], Path]:
    """A study's text and table, and the directory that its relative paths start from."""
    if isinstance(source, Mapping):
        import tomlkit

        return tomlkit.dumps(source), source, Path.cwd()
    if (name := _shipped(source)) is not None:
        text = shipped.text(name)
        return text, tomllib.loads(text), Path.cwd()
    return *read_toml(Path(source)), Path(source).parent.absolute()


def _shipped(source: str | Path) -> str | None:
    """The name of the shipped study that is meant; None if it is another."""
    name = str(source)
    return name if name in shipped.names() and not Path(source).exists() else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
