"""How the command line looks: help, colours, the display while it works."""

import io
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from sessions.messages import events
from sessions.store import SessionDirectory, read_records
from sessions.views.reading import decoded
from sessions.views.session_view import SessionView
from widgets.cli.progress import Progress, duration, rate
from widgets.plots.curve_data import TicketCurve
from widgets.plots.text_chart import drawn
from widgets.plots.ticks import labels, round_ticks, share_ticks
from widgets.shared.wording import speed

COMMAND = str(Path(sys.executable).with_name("ticket-explorer"))
COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-7]|9[0-7]|38;)[0-9;]*m")


def test_every_command_explains_itself(tell, command_names):
    overview = tell("--help")
    assert overview.exit_code == 0
    for name in command_names:
        assert re.search(rf"^  {name.split()[0]} ", overview.stdout, re.MULTILINE)
        result = tell(*name.split(), "--help")
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage: ")
    assert "..." not in overview.stdout.partition("Commands:")[2], "a summary that doesn't fit its line"


def test_without_a_command_it_shows_the_help(tell):
    assert "Commands:" in tell().output


def test_colour_only_where_it_is_wanted(tiny, environment):
    plain = {key: value for key, value in environment.items() if key not in ("NO_COLOR", "CI")} | {
        "TERM": "xterm-256color"
    }
    assert COLOUR.search(in_a_terminal(plain, "show", "tiny"))
    assert not COLOUR.search(in_a_terminal({**plain, "NO_COLOR": "1"}, "show", "tiny"))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_display_fits(tiny, width):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, legacy_windows=False)
    console.print(Progress(half_way(tiny.path), console).drawn())
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 3
    assert max(map(cell_len, lines)) <= width
    if width >= 80:
        assert "snr  round 0 (1 of 2)  100% kept" in lines[0]
        assert "5/5" in lines[0]
        assert "5/20" in lines[1]
        assert "fitness" in lines[2]
        assert "Ctrl-C pauses" in lines[2]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_is_compiled_is_said(tiny, is_terminal):
    view, file = half_way(tiny.path), io.StringIO()
    console = Console(file=file, width=120, force_terminal=is_terminal, color_system=None, legacy_windows=False)
    follow = Progress(view, console)
    for what in ("generations of ant", "", "generations of ant"):
        event = events.Compiling(at=time.time(), what=what)
        view.apply_live(event)
        follow(event, False)
    if is_terminal:
        console.print(follow.drawn())
    assert file.getvalue().count("compiling generations of ant") == 1
    assert speed(view).startswith("compiling generations of ant, ")


@pytest.mark.parametrize(
    ("seconds", "words"), [(1.23, "1.2 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3725, "1 h 2 min")]
)
def test_durations(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("generations", "words"), [(None, "first generation"), (0.25, "0.2 gen/s"), (123.4, "123 gen/s")]
)
def test_rates(generations, words):
    assert rate(generations) == words


def test_ticks():
    assert round_ticks(0.703, 0.741) == pytest.approx((0.70, 0.71, 0.72, 0.73, 0.74, 0.75))
    assert labels(round_ticks(0.26, 0.798)) == ["0.2", "0.4", "0.6", "0.8"]
    assert labels(round_ticks(0.5, 0.5)) == ["0.50", "0.55"]
    assert share_ticks(0.0225) == pytest.approx((1, 0.5, 0.2, 0.1, 0.05, 0.0225))
    assert share_ticks(1.0) == (1.0,)
    assert share_ticks(0.8) == (1.0, 0.8)  # of two rounds, both are named


@pytest.mark.parametrize(
    ("density", "score", "named", "highest"),
    [
        ((1.0, 0.8), (20.0, 500.0), ["100%", "80%"], 500.0),  # CartPole's returns end at 500
        ((1.0, 0.5, 0.05), (0.8, 0.81, 0.7), ["100%", "50%", "20%", "10%", "5%"], 0.8),
    ],
)
def test_the_chart_names_both_ends_and_nothing_beyond_its_scores(density, score, named, highest):
    curve = TicketCurve("snr", density, score, (None,) * len(density))
    lines = drawn([curve], 80, 14, colour=False).splitlines()
    assert next(line for line in lines if "100%" in line).split() == named
    ticks = [float(line.split("┤")[0]) for line in lines if "┤" in line]
    assert max(ticks) == highest


def half_way(path: Path) -> SessionView:
    """The view of a session in its dense round, all of whose generations are in."""
    journal = SessionDirectory(path).journal
    view = SessionView()
    for event in decoded(read_records(journal).payloads, journal):
        if isinstance(event, events.RoundFinished):
            return view
        view.apply(event)
    raise AssertionError("no round is finished")


def in_a_terminal(environment: dict[str, str], *arguments: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen([COMMAND, *arguments], stdout=theirs, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(theirs)
        chunks = []
        try:
            while chunk := os.read(ours, 65536):
                chunks.append(chunk)
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    assert process.returncode == 0
    return b"".join(chunks).decode()


@pytest.mark.parametrize("scores", [(1e-310, 2e-310), (0.0, 5e-324), (1e38, -1e38), (0.1, 0.1)])
def test_a_curve_of_any_scores_is_drawn(scores):
    assert "score" in drawn([TicketCurve("a", (1.0, 0.5), scores, (None, None))], 60, 12, False)
