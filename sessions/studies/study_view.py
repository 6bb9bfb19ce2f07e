"""What a study's journal adds up to: its cells, what became of each, and what they took."""

from sessions.studies.cells import PlannedCell
from sessions.studies.records import (
    AnalysisOf,
    AnyRecord,
    CellFailed,
    FigureOf,
    Moved,
    Planned,
    Retried,
    RunBegan,
    Worked,
)


class StudyView:
    """A study folded from its records."""

    def __init__(self) -> None:
        self.title = ""
        self.threads = 1
        self.axes: list[str] = []
        self.digest = ""
        """The SHA-256 of the `study.toml` that the cells were planned from."""
        self.origin = ""
        """The directory that relative paths in it start from."""
        self.created = 0.0
        self.cells: dict[str, PlannedCell] = {}
        """The cells in order, by their names."""
        self.latest: dict[str, Worked] = {}
        """The last piece of work on each cell, unless it was given more rounds since."""
        self.failed: dict[str, str] = {}
        """Why cells failed that weren't retried since."""
        self.seconds: dict[str, float] = {}
        """Seconds that workers spent on each cell, all runs together."""
        self.generations: dict[str, int] = {}
        """Generations that came of that."""
        self.devices: dict[str, str] = {}
        """What each cell that has begun computes on, `cpu` or `gpu`; it stays unless somebody moves the cell."""
        self.runs: list[RunBegan] = []
        self.figures: list[FigureOf] = []
        """The papers' figures that cells belong to."""
        self.analyses: list[AnalysisOf] = []
        """Analyses of finished cells."""

    def apply(self, record: AnyRecord) -> None:
        """Take in one record."""
        match record:
            case Planned():
                self._plan(record)
            case Worked():
                self.latest[record.cell] = record
                self.devices.setdefault(record.cell, record.device)
                self.seconds[record.cell] = self.seconds.get(record.cell, 0.0) + record.seconds
                self.generations[record.cell] = self.generations.get(record.cell, 0) + record.generations
            case CellFailed():
                self.failed[record.cell] = record.why
            case Retried():
                for name in record.cells:
                    self.failed.pop(name, None)
            case Moved():
                for name in record.cells:
                    self.devices.pop(name, None)
            case RunBegan():
                self.runs.append(record)

    def _plan(self, record: Planned) -> None:
        self.title, self.threads, self.axes = record.title, record.threads, record.axes
        self.digest, self.origin = record.digest, record.directory
        self.created = self.created or record.at
        self.figures = record.figures
        for wanted in record.analyses:
            if wanted not in self.analyses:  # finished cells are to be opened once more
                for name in wanted.cells:
                    self.latest.pop(name, None)
        self.analyses = record.analyses
        known = {**self.cells, **{cell.name: cell for cell in record.cells}}
        self.cells = {name: known[name] for name in record.order}
        for cell in record.cells:  # new, or with more rounds to go
            self.latest.pop(cell.name, None)
            self.failed.pop(cell.name, None)
