"""The lines that show a session's state, its speed and the time left."""

import time
from pathlib import Path

from rich.text import Text
from textual import work
from textual.widgets import Static

from sessions.serving.usage import Meter, Usage
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.plots.figures import Selection
from widgets.shared.session_link import Condition, Link, ReplayLink
from widgets.shared.wording import in_bytes, left, share, speed

MEASURES = 2.0
"""Seconds between two looks at what the engine takes of the machine."""
_STATES = {
    "running": ("● running", "bold green"),
    "paused": ("❚❚ paused", "bold yellow"),
    "finished": ("✓ finished", "bold cyan"),
    "failed": ("✗ failed", "bold red"),
}


class Headline(Static):
    """One row: the session's name, title and state."""

    DEFAULT_CSS = """
    Headline {
        height: 1;
        padding: 0 1;
        background: $panel;
    }
    """

    def show(self, link: Link, selection: Selection) -> None:
        """Show a session's state."""
        text, style = _state(link)
        where = " looking at " + selection.place_in(link.view) if _is_scrubbed(selection) else ""
        right = Text.assemble((where + "  " if where else "", "bold magenta"), (text, style))
        left = Text.assemble((link.path.stem, "bold"), "  ", (_title(link), "dim"))
        left.truncate(max(self.size.width - 3 - right.cell_len, 8), overflow="ellipsis")
        gap = max(self.size.width - 2 - left.cell_len - right.cell_len, 1)
        self.update(Text.assemble(left, " " * gap, right, no_wrap=True, overflow="crop"), layout=False)


class ProgressLines(Static):
    """Two rows: the running round, the whole session."""

    DEFAULT_CSS = """
    ProgressLines {
        height: 2;
        padding: 0 1;
    }
    """

    _meter: Meter | None = None
    _usage = ""

    def measure(self, session: Path) -> None:
        """Show what the engine takes of the machine, or show it no more."""
        self._meter = None if self._meter is not None else Meter(session)
        self._usage = ""
        if self._meter is not None:
            self._look()

    @work(thread=True, exclusive=True, group="usage")
    def _look(self) -> None:
        """Measure at intervals; `nvidia-smi` takes its time, and nobody waits for it."""
        while (meter := self._meter) is not None and self.is_mounted:
            self._usage = f"{usage(meter.look())}  "
            time.sleep(MEASURES)

    def show(self, link: Link) -> None:
        """Show a session's progress."""
        view, width = link.view, max(self.size.width - 2, 20)
        done, left = view.generations_done, view.generations_left
        whole = _row(
            "whole session",
            done,
            done + left,
            self._usage + _eta(link),
            "  " + _count_rounds(view),
            width,
        )
        self.update(Text("\n").join([_round_row(link, width), whole]), layout=False)


def _round_row(link: Link, width: int) -> Text:
    view, round_ = link.view, link.view.running
    analyses = "".join(f"{one.kind} {100 * one.done / one.total:.0f}%  " for one in view.analysing.values())
    if round_ is None:
        return Text.assemble(analyses, (_waiting(link), "dim"), no_wrap=True, overflow="ellipsis")
    return _row(_where(round_), round_.done, round_.generations, analyses + _speed(link), "", width)


def _speed(link: Link) -> str:
    if isinstance(link, ReplayLink):
        return f"replay {link.speed:g}×"
    most = "" if link.view.pace is None else f" (at most {link.view.pace:.3g})"
    if link.condition is Condition.RESTING:
        return "no engine runs; space starts one"
    return (speed(link.view) if link.is_running else "") + most


def _where(round_: RoundView) -> str:
    return f"{round_.branch} round {round_.number}, {share(round_.density)} kept"


def _row(label: str, done: int, total: int, right: str, after: str, width: int) -> Text:
    counts = f" {done:,}/{total:,}{after}"
    label = f"{label:<30}"
    bar = max(min(width - len(label) - len(counts) - len(right) - 3, 60), 6)
    filled = round(bar * done / total) if total else 0
    line = Text(label, no_wrap=True, overflow="crop")
    line.append("━" * filled, "green").append("━" * (bar - filled), "dim").append(counts)
    gap = max(width - line.cell_len - len(right), 1)
    return line.append(" " * gap).append(right, "bold")


def _count_rounds(view: SessionView) -> str:
    done = sum(branch.next_round - branch.first_round for branch in view.branches.values())
    planned = sum(
        max(branch.planned_rounds, branch.next_round) - branch.first_round
        for branch in view.branches.values()
        if not branch.aside and branch.failed is None
    )
    return f"{done}/{max(planned, done)} rounds"


def _eta(link: Link) -> str:
    view = link.view
    eta = view.eta_seconds
    if eta is None or not link.is_running or not view.generations_left:
        return ""
    if view.pace is not None:
        eta = max(eta, view.generations_left / view.pace)
    return left(eta, link.condition is not Condition.REPLAY)


def _waiting(link: Link) -> str:
    if link.condition is Condition.GONE:
        return "press space to start the engine again"
    if link.condition is Condition.CONNECTING:
        return "starting the engine: loading data, compiling (seconds the first time)"
    if isinstance(link, ReplayLink) and link.progress >= 1.0:
        return "the replay is over: look around"
    if link.view.state == "finished":
        return "all branches are complete: branch one, or look around"
    if link.view.compiling is not None:
        return speed(link.view)
    if link.condition is Condition.RESTING:
        return "no engine runs: space starts one and goes on"
    return "preparing the next round" if link.is_running else "press space to run, s to step one generation"


def _state(link: Link) -> tuple[str, str]:
    if link.condition is Condition.CONNECTING:
        return "… starting", "bold"
    if link.condition is Condition.GONE:
        return "✗ engine gone", "bold red"
    if link.silence:
        return f"✗ engine {link.silence}", "bold red"
    if link.is_pausing and link.is_running:
        return "❚❚ pausing …", "bold yellow"
    if isinstance(link, ReplayLink):
        share_played = f"{100 * link.progress:.0f}%"
        if link.progress >= 1.0:
            return "✓ replayed", "bold cyan"
        return (f"▶ replay {share_played}" if link.is_running else f"❚❚ replay {share_played}"), "bold blue"
    if link.condition is Condition.RESTING and link.view.state == "running":
        return "✗ crashed", "bold red"
    return _STATES[link.view.state]


def _title(link: Link) -> str:
    header = getattr(link, "header", None)
    return "" if header is None else header.title


def _is_scrubbed(selection: Selection) -> bool:
    return selection.round is not None or selection.generation is not None


def usage(of: Usage | None) -> str:
    """What an engine takes of the machine: `1.9 cores, 740 MB, GPU 2.1 GB`."""
    if of is None:
        return "no engine to measure"
    parts = ["" if of.cores is None else f"{of.cores:.1f} cores", in_bytes(of.memory)]
    parts.append("" if of.gpu_memory is None else f"GPU {in_bytes(of.gpu_memory)}")
    return ", ".join(filter(None, parts))
