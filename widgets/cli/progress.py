"""What `run` shows while it works: the round, its speed, what is left, and fitness as a sparkline."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sessions import events
from sessions.report import mean
from sessions.view import RoundView, SessionView
from widgets.plots.sparkline import sparkline

REFRESHES = 4
"""A second."""
SPARK_WIDTH = 40


class Progress:
    """Follows a session's events on a console; a line a round if the console is no terminal."""

    def __init__(self, view: SessionView, console: Console) -> None:
        self._view, self._console = view, console
        self._preparing = "preparing: loading data, compiling"
        self._live = Live(get_renderable=self._drawn, console=console, refresh_per_second=REFRESHES, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._live.stop()

    def __call__(self, event: events.Event, journalled: bool) -> None:
        """Take note of an event."""
        if isinstance(event, events.RoundFinished):
            self._console.print(round_line(event, self._view), markup=False, highlight=False)
        elif isinstance(event, events.Remarked):
            self._console.print(event.text, markup=False, highlight=False, style="yellow")
        elif isinstance(event, events.Opened) and event.recovered:
            self._console.print(event.recovered, markup=False, highlight=False, style="yellow")

    def _drawn(self) -> RenderableType:
        round_ = self._view.running
        if round_ is None:
            return Text(self._preparing, style="dim")
        return Group(self._round_bar(round_), self._session_bar(), _fitness(round_))

    def _round_bar(self, round_: RoundView) -> RenderableType:
        planned = self._view.branches[round_.branch].planned_rounds
        rate = self._view.generations_per_second
        return _row(
            f"{round_.branch}  round {round_.number} of 0–{planned - 1}  {100 * round_.density:.1f}% of weights",
            ProgressBar(total=round_.generations, completed=round_.done, width=24),
            f"{round_.done}/{round_.generations} generations",
            f"{rate:.0f} gen/s" if rate and rate >= 10 else f"{rate:.2g} gen/s" if rate else "compiling",
        )

    def _session_bar(self) -> RenderableType:
        done, left = self._view.generations_done, self._view.generations_left
        eta = self._view.eta_seconds
        return _row(
            "session",
            ProgressBar(total=max(done + left, 1), completed=done, width=24),
            f"{done}/{done + left} generations",
            f"{duration(eta)} left" if eta is not None else "",
        )


def round_line(event: events.RoundFinished, view: SessionView) -> str:
    """A finished round in a line."""
    round_ = view.round(event.branch, event.round)
    density = round_.density if round_ else float("nan")
    score = mean(event.score)
    return (
        f"{time.strftime('%H:%M:%S', time.localtime(event.at))}  {event.branch:<12} round {event.round:>3}"
        f"  {100 * density:6.2f}%  score {'–' if score is None else f'{score:.3f}'}  {duration(event.seconds)}"
    )


def duration(seconds: float) -> str:
    """Seconds as a person says them: `42 s`, `3 min 5 s`, `2 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _fitness(round_: RoundView) -> RenderableType:
    values = round_.metrics()[:, :, 0].mean(axis=1)
    if values.size == 0:
        return Text("")
    return Text.assemble(("fitness  ", "dim"), sparkline(values.tolist(), SPARK_WIDTH), f"  {values[-1]:.4g}")


def _row(*cells: RenderableType) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for width in (38, 24, 26, 14):
        grid.add_column(width=width, no_wrap=True)
    grid.add_row(*cells)
    return grid
