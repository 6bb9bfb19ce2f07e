"""The progress display of `study run`: cells done and under way, and the time left; a line for each piece of work."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sessions.studies.study import Study
from widgets.plots.cell_table import device_hours
from widgets.shared.wording import clock, left, score

if TYPE_CHECKING:
    from sessions.studies.study_run import Progress

REFRESHES = 4
"""How many times a second the display is redrawn."""
_UNTOLD = ("taken", "stopped")


class StudyProgress:
    """Tells a console how far a run is."""

    def __init__(self, study: Study, console: Console) -> None:
        self._study, self._console = study, console
        self._last: Progress | None = None
        self._waits_told = False
        self._began = time.time()
        self._live = Live(get_renderable=self._drawn, console=console, refresh_per_second=REFRESHES, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._live.stop()

    def __call__(self, progress: "Progress") -> None:
        """Take note of how far the run is."""
        self._last = progress
        if progress.answer is not None and progress.answer.came not in _UNTOLD:
            self._console.print(self._line(progress), markup=False, highlight=False, soft_wrap=True)
        if progress.others and not progress.working and not self._waits_told:
            self._waits_told = True
            self._console.print(f"Waiting for {_count(progress.others)} that other processes have.", markup=False)

    def _line(self, progress: "Progress") -> str:
        answer = progress.answer
        assert answer is not None
        head = f"{clock(time.time(), self._began)}  {answer.cell}"
        if answer.came == "failed":
            return f"{head}  failed: {answer.why}"
        if answer.state is None:
            return head
        state = answer.state
        rounds = f"{state.rounds_done} of {state.rounds_planned} rounds"
        return f"{head}  {rounds}  score {score(state.best_score)}  {_summary(progress)}"

    def _drawn(self) -> RenderableType:
        if self._last is None or not self._last.working:
            return Text("starting workers, and checking every cell", style="dim")
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_column(no_wrap=True)
        done = self._last.finished + self._last.failed
        grid.add_row(
            f"{done} of {self._last.cells}", ProgressBar(total=self._last.cells, completed=done), _summary(self._last)
        )
        return grid


def price(study: Study) -> str:
    """How many cells there are, and how long those that are left take, before anything runs."""
    left = [cell.name for cell in study.cells if not cell.is_finished and cell.failure is None]
    return f"{_count(len(study.cells))}, {len(left)} to run; {device_hours(study)}"


def _summary(progress: "Progress") -> str:
    parts = [f"{progress.finished} of {_count(progress.cells)} finished"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.working and progress.seconds_left:
        parts.append(left(progress.seconds_left))
    return ", ".join(parts)


def _count(number: int) -> str:
    return f"{number} cell{'' if number == 1 else 's'}"
