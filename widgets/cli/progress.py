"""The progress display of `run`: the round, its speed, what is left, and fitness as a sparkline."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sessions.messages import events
from sessions.reports.statistics import mean
from sessions.session.notifications import Notifications, escapes
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.plots.sparkline import sparkline
from widgets.shared.wording import clock, duration, left, rate, score, speed, waiting

REFRESHES = 4
"""How many times a second the display is redrawn."""
SPARK_WIDTH = 48


class Progress:
    """Follows a session's events on a console; a line a round if the console is no terminal."""

    def __init__(
        self, view: SessionView, console: Console, name: str = "", wanted: Notifications | None = None
    ) -> None:
        """Prepare; it shows something while it is entered.

        Args:
            view: The session's view.
            console: Where to draw.
            name: The session's name, for notifications.
            wanted: What a person wants to hear of; None: nothing.
        """
        self._view, self._console = view, console
        self._name, self._wanted = name, wanted
        self._began = time.time()
        self._told: set[tuple[str, str]] = set()
        self._live = Live(get_renderable=self.drawn, console=console, refresh_per_second=REFRESHES, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._live.stop()

    def __call__(self, event: events.Event, journalled: bool) -> None:
        """Take note of an event."""
        if self._wanted is not None and self._console.is_terminal:
            self._console.file.write(escapes(self._wanted, event, self._name))
        if isinstance(event, events.RoundFinished):
            self._console.print(round_line(event, self._view, self._began), markup=False, highlight=False)
        elif isinstance(event, events.Remarked):
            self._console.print(event.text, markup=False, highlight=False, style="yellow")
        elif isinstance(event, events.Compiling) and not self._console.is_terminal:
            self._tell_once(event)
        elif isinstance(event, events.Opened) and event.recovered:
            self._console.print(event.recovered, markup=False, highlight=False, style="yellow")

    def drawn(self) -> RenderableType:
        """The display's current content."""
        round_ = self._view.running
        if round_ is None:
            return Text(speed(self._view) if self._view.compiling else "preparing the first round", style="dim")
        waits = self._view.compiling
        return Group(self._bars(round_), _waiting(waits) if waits else _fitness(round_, self._console.width))

    def _tell_once(self, event: events.Compiling) -> None:
        """Report what is compiled, once per branch; later rounds compile the same for other sizes."""
        branch = "" if self._view.running is None else self._view.running.branch
        if event.what and (branch, event.what) not in self._told:
            self._told.add((branch, event.what))
            self._console.print(
                f"{clock(event.at, self._began)}  compiling {event.what}", markup=False, highlight=False
            )

    def _bars(self, round_: RoundView) -> RenderableType:
        view = self._view
        rounds = view.branches[round_.branch].planned_rounds
        place = f"round {round_.number} ({round_.number + 1} of {rounds})"
        done, to_do, eta = view.generations_done, view.generations_left, view.eta_seconds
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(no_wrap=True, max_width=48)
        grid.add_column(ratio=1)
        grid.add_column(no_wrap=True, justify="right")
        grid.add_column(no_wrap=True, min_width=12)
        grid.add_row(
            Text(f"{round_.branch}  {place}  {100 * round_.density:.3g}% kept"),
            ProgressBar(total=round_.generations, completed=round_.done),
            f"{round_.done}/{round_.generations}",
            "compiling" if view.compiling else rate(view.generations_per_second),
        )
        grid.add_row(
            Text("whole session", style="dim"),
            ProgressBar(total=max(done + to_do, 1), completed=done),
            f"{done}/{done + to_do}",
            left(eta) if eta is not None else "",
        )
        return grid


def round_line(event: events.RoundFinished, view: SessionView, since: float | None = None) -> str:
    """A finished round in a line, with a date if it isn't of the day of `since`."""
    round_ = view.round(event.branch, event.round)
    density = round_.density if round_ else float("nan")
    return (
        f"{clock(event.at, since)}  {event.branch:<12} round {event.round:>3}"
        f"  {100 * density:6.2f}%  score {score(mean(event.score))}  {duration(event.seconds)}"
    )


def _waiting(waits: events.Compiling) -> RenderableType:
    return Text.assemble((waiting(waits), "yellow"), ("  the first time takes longest; then Ctrl-C pauses", "dim"))


def _fitness(round_: RoundView, width: int) -> RenderableType:
    values = round_.metrics()[:, :, 0].mean(axis=1)
    line = Text(no_wrap=True, overflow="crop")
    if values.size:
        spark = sparkline(values.tolist(), max(min(width - 40, SPARK_WIDTH), 8))
        line.append("fitness  ", "dim").append(spark).append(f"  {values[-1]:.4g}")
    return line.append("  Ctrl-C pauses", "dim")
