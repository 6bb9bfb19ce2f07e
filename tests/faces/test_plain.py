"""A session as lines of text: what is told, and that nothing else is in it."""

import asyncio
import re
import time

import pytest

from sessions.messages import commands, events
from sessions.reports.statistics import mean
from sessions.reports.verify_session import verify
from sessions.views.reading import read_view
from widgets.cli.plain_text import Teller, progress, summary, tell
from widgets.shared.printable import printable
from widgets.shared.session_link import EngineLink, ReplayLink
from widgets.terminal.recorded import recorded_session


@pytest.fixture(scope="module")
def recorded_lines():
    """The recorded session, replayed as fast as can be."""
    lines: list[str] = []
    asyncio.run(tell(ReplayLink(recorded_session(), 1e9), lines.append))
    return lines


def test_the_recorded_session_is_a_whole_one():
    path = recorded_session()
    view = read_view(path)
    assert view.state == "finished"
    assert [finding for finding in verify(path) if not finding.ok] == []
    assert list(view.branches) == ["snr", "magnitude", "random"]
    assert all(branch.leaves and branch.input_shape == [14, 14, 1] for branch in view.branches.values())
    assert {file.name for file in path.iterdir()} == {"journal.msgpack", "rounds", "session.msgpack"}
    assert sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) < 1.5e6


def test_it_shows_what_it_is_there_to_show():
    """Where a fortieth of the weights is left, the criteria's tickets still work and random ones don't."""
    view = read_view(recorded_session())
    last = {name: list(view.lineage(name))[-1] for name in view.branches}
    scores = {name: mean(round_.finished.score) for name, round_ in last.items()}
    assert all(round_.density < 0.025 for round_ in last.values())
    assert min(scores["snr"], scores["magnitude"]) > 0.7 > 0.5 > scores["random"]


def test_every_round_has_frames():
    view = read_view(recorded_session())
    counts = [len(round_.frames) for branch in view.branches.values() for round_ in branch.rounds.values()]
    assert set(counts) == {4}


def test_replaying_tells_everything(recorded_lines):
    text = "\n".join(recorded_lines)
    assert text.count("ends with score") == 40
    assert "Branch magnitude after snr:0: snes trains mlp on fashion, magnitude prunes, rewound to initial" in text
    assert recorded_lines[-1].endswith("All branches are complete")


def test_the_lines_hold_no_control_characters(recorded_lines):
    assert all(line.isprintable() for line in recorded_lines)
    assert printable("a\x1b[2Jtitle\nof two lines\t", mark=" ") == "a [2Jtitle of two lines "


def test_progress_says_round_generation_rate_time_left_and_score():
    link = ReplayLink(recorded_session(), 1.0)
    for _ in range(30):
        asyncio.run(link.ask(commands.Step(generations=40)))
        if link.view.running is not None and link.view.running.number == 1:
            break
    assert ", until " in progress(link.view, link.view.running)
    said = progress(link.view, link.view.running, is_live=False)
    assert said.startswith("snr:1 at 75%, generation ")
    assert " of 200, " in said
    assert "gen/s" in said
    assert " left, last score 0.7" in said


def test_what_is_compiled_is_told_again_and_again():
    link, lines = ReplayLink(recorded_session(), 1.0), []
    link.view.apply_live(events.Compiling(at=time.time() - 35, what="generations of ant"))

    async def watch():
        telling = asyncio.create_task(Teller(link, lines.append).every(0.01))
        while len(lines) < 2:
            await asyncio.sleep(0)
        telling.cancel()

    asyncio.run(watch())
    assert all(re.fullmatch(r"compiling generations of ant, [\d.]+ s so far", line) for line in lines)


def test_progress_comes_every_few_seconds():
    link, lines = ReplayLink(recorded_session(), 60.0), []

    async def watch():
        task = asyncio.create_task(tell(link, lines.append, every=0.01))
        while not any("generation " in line for line in lines):
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(asyncio.wait_for(watch(), 30))


def test_a_finished_session_is_told_without_an_engine(tiny):
    lines: list[str] = []
    link = EngineLink(tiny.path, run=True, start=False)
    asyncio.run(tell(link, lines.append))
    assert lines == list(summary(read_view(tiny.path)))
    assert lines[-1] == "All branches are complete"
    assert lines[0].startswith("Branch snr: 2 of 2 rounds, score ")
