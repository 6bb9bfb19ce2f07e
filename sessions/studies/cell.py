"""A cell as it is now: one session of a study, with its value on each axis."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sessions.reports.session_list import session_state
from sessions.store import SessionDirectory
from sessions.store.lock import is_locked
from sessions.studies.cells import PlannedCell
from sessions.studies.records import Worked
from sessions.studies.study_dir import StudyDirectory
from sessions.studies.study_view import StudyView
from ticket_explorer.errors import TicketError

if TYPE_CHECKING:
    from sessions.saved.session import SavedSession

PLANNED = "planned"
"""The state of a cell that has no session yet; the others are those of sessions."""


@dataclass(frozen=True)
class CellState:
    """How far a cell is."""

    state: str
    """`planned`, `running`, `paused`, `stopped`, `finished`, `failed`, or why it can't be read."""
    rounds_done: int = 0
    rounds_planned: int = 0
    density: float | None = None
    """The lowest density that has a score."""
    score: float | None = None
    """The best score there."""
    why: str | None = None
    """Why it has failed."""
    curve: tuple[float, ...] = ()
    """The ticket curve: the best score at each density, from dense to sparse."""


class Cell:
    """One session of a study; what it says is so at the moment it is asked."""

    def __init__(self, directory: StudyDirectory, planned: PlannedCell, view: StudyView) -> None:
        """Use `Study.cells`."""
        self.planned = planned
        self.path: Path = directory.session(planned.name)
        self._view = view

    @property
    def name(self) -> str:
        """Its name, made of its labels on each axis."""
        return self.planned.name

    @property
    def axes(self) -> dict[str, Any]:
        """Its value on each axis, the seed among them if the study has seeds."""
        return dict(self.planned.axes)

    @property
    def seed(self) -> int:
        """The seed of its session."""
        return self.planned.seed

    @property
    def cites(self) -> tuple[str, ...]:
        """The papers' figures that it belongs to, as the study says."""
        return tuple(figure.cites for figure in self._view.figures if self.name in figure.cells)

    @property
    def has_begun(self) -> bool:
        """Whether its session is there."""
        return os.path.lexists(self.path)

    @property
    def is_running(self) -> bool:
        """Whether a process has its session now."""
        return self.has_begun and is_locked(self._files.lock)

    @cached_property
    def _files(self) -> SessionDirectory:
        return SessionDirectory(self.path)

    @property
    def failure(self) -> str | None:
        """Why it has failed; None if it hasn't, or is to be retried."""
        return self._view.failed.get(self.name)

    @property
    def is_finished(self) -> bool:
        """Whether it has all its rounds, as far as the study's journal knows."""
        known = self._known
        return known is not None and known.state == "finished"

    @property
    def now(self) -> CellState:
        """How far it is: by the study's journal if that is up to date, otherwise by the session's own."""
        if not self.has_begun:
            return CellState("failed" if self.failure else PLANNED, why=self.failure)
        if (known := self._known) is not None:
            counts = known.rounds_done, known.rounds_planned, known.density, known.score
            curve = tuple(known.curve)
            state = "running" if known.state != "finished" and self.is_running else str(known.state)
        else:
            found = session_state(self.path)
            counts = found.rounds_done, found.rounds_planned, found.lowest_density, found.best_score
            state, curve = found.state, found.curve
        failed = self.failure is not None and state != "running"
        return CellState("failed" if failed else state, *counts, why=self.failure, curve=curve)

    def read(self) -> "SavedSession":
        """Its session, to be read.

        Raises:
            TicketError: if it hasn't begun, or is damaged.
        """
        if not self.has_begun:
            raise TicketError(f"Cell {self.name} has not begun yet.", remedy="Run the study first.")
        from sessions.saved.session import SavedSession

        return SavedSession.read(self.path)

    @property
    def _known(self) -> Worked | None:
        """The last piece of work on it, if its session says nothing else since."""
        known = self._view.latest.get(self.name)
        if known is None:
            return None
        try:
            size = self._files.journal.stat().st_size
        except OSError:
            return None
        return known if size == known.journal_bytes else None

    def __repr__(self) -> str:
        return f"<Cell {self.name}>"
