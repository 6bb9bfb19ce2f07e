"""The page of `export SESSION replay`: one file, true to the session, that asks nobody and runs no word of it."""

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

import ticket_explorer as tx
from sessions.messages import events
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.canvas.columns import encoded
from widgets.plots import figures
from widgets.plots.figure import Axis, Figure, Line, Picture, Points
from widgets.plots.figures import Selection
from widgets.replay_page.gathering import gathered
from widgets.replay_page.page import page
from widgets.replay_page.recording import Words, unpacked_numbers, unpacked_words
from widgets.replay_page.thinning import Fineness, fineness_for, spread, thinned
from widgets.terminal.recorded import recorded_session

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>"
BLOCK = re.compile(r'<script type="text/plain" id="te-(words|numbers)">([^<]*)</script>')


def held(html: str) -> tuple[Words, np.ndarray]:
    """The words and the numbers in a page."""
    blocks = dict(BLOCK.findall(html))
    return unpacked_words(blocks["words"]), unpacked_numbers(blocks["numbers"])


@pytest.fixture(scope="module")
def recorded() -> str:
    path = recorded_session()
    return page(path, read_header(SessionDirectory.open_for_reading(path)), read_view(path))


def test_the_command_line_writes_one_file_for_the_last_round_of_every_branch(tiny, tell, tmp_path):
    out = tmp_path / "ticket.html"
    told = tell("export", "tiny", "replay", "--out", str(out))
    assert told.exit_code == 0, told.output
    words, _ = held(out.read_text("utf-8"))
    scores = {branch.name: [round_.score for round_ in branch.rounds] for branch in words.branches}
    assert scores == {
        branch["name"]: [round_["score"] for round_ in branch["rounds"]] for branch in tiny.report["branches"]
    }


def test_python_writes_the_same_file(tiny, tell, tmp_path):
    out = tmp_path / "ticket.html"
    assert tell("export", "tiny", "replay", "--out", str(out)).exit_code == 0
    tx.replay(tx.read(tiny.path), tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == out.read_bytes()
    with pytest.raises(InvalidValue, match=r"ends in \.html"):
        tx.replay("tiny", tmp_path / "page.htm")


def test_it_asks_nobody_and_may_run_only_its_own_script(recorded):
    code = BLOCK.sub("", recorded)
    assert "://" not in code
    assert not re.search(r"\b(src|href)=(?!\"data:,\")|\bimport\b|\bfetch\(|@import|url\(", code)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', recorded)[1]
    assert policy.startswith("default-src 'none'; ")
    for name, tag in (("script", '<script type="module">'), ("style", "<style>")):
        text = code.partition(tag)[2].partition(f"</{name}>")[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


def test_the_recorded_session_is_small(recorded):
    assert len(recorded.encode()) <= 3_000_000


def test_every_place_has_a_chart_and_every_chart_its_numbers(recorded):
    words, numbers = held(recorded)
    assert [panel.name for panel in words.panels if panel.shown] == [
        "fitness",
        "ticket_curve",
        "sparsity",
        "snr_magnitude",
        "mask",
        "correlation",
    ]
    reached = set()
    for panel in words.panels:
        for turn in panel.turns:
            for branch, rounds in zip(words.branches, turn.charts, strict=True):
                assert len(rounds) in (1, len(branch.rounds))
                for round_, stops in zip(branch.rounds, rounds, strict=False):
                    assert len(stops) in (1, len(round_.stops))
                    reached |= set(stops)
    assert reached == set(range(len(words.charts)))
    assert max(start + count for start, count in words.columns) == numbers.size
    assert {number for chart in words.charts for number in chart.columns.values()} == set(range(len(words.columns)))


def test_a_chart_is_the_figure_of_its_place(recorded):
    words, numbers = held(recorded)
    view = read_view(recorded_session())
    panels = {panel.name: panel for panel in words.panels}
    stop = words.branches[1].rounds[3].stops[1]
    for name, figure, places in (
        ("ticket_curve", figures.ticket_curve(view, Selection("random")), (2, 0, 0)),
        ("fitness", figures.fitness(view, Selection("magnitude", 3)), (1, 3, 0)),
        ("snr_magnitude", figures.snr_magnitude(view, Selection("magnitude", 3, stop)), (1, 3, 1)),
    ):
        branch, round_, place = places
        chart = words.charts[panels[name].turns[0].charts[branch][round_][place]]
        expected = encoded(figure)
        assert chart.head == msgspec.json.decode(msgspec.json.encode(expected.head))
        for column, number in chart.columns.items():
            start, count = words.columns[number]
            found = numbers[start : start + count].view(expected.columns[column].dtype)
            np.testing.assert_allclose(found, expected.columns[column], rtol=4e-5)


def test_words_of_a_session_stay_text(tiny):
    view, header = read_view(tiny.path), read_header(SessionDirectory.open_for_reading(tiny.path))
    view.history.append(events.Remarked(at=1.0, author=HOSTILE, text=HOSTILE))
    view.branches[HOSTILE] = msgspec.structs.replace(view.branches["snr"], name=HOSTILE)
    html = page(tiny.path, msgspec.structs.replace(header, title=HOSTILE), view)
    assert "<script>alert" not in html
    assert "<img" not in html
    words, _ = held(html)
    assert (words.title, words.branches[-1].name) == (HOSTILE, HOSTILE)
    assert words.journal[-1].text == f"{HOSTILE}: {HOSTILE}"


def test_of_a_session_without_a_generation_there_is_a_sentence(tiny):
    header = read_header(SessionDirectory.open_for_reading(tiny.path))
    with pytest.raises(TicketError, match="nothing to replay"):
        page(tiny.path, header, SessionView())


def test_a_running_round_is_in_it_as_far_as_it_went(golden: SessionView):
    branch = next(name for name in golden.branches if golden.branches[name].rounds)
    words, _ = gathered(Path("nowhere"), "x", golden)
    known = {one.name: one for one in words.branches}
    assert [round_.number for round_ in known[branch].rounds] == [r.number for r in golden.lineage(branch)]
    assert all(round_.stops[-1] == round_.done for one in words.branches for round_ in one.rounds)


def test_points_are_a_sample_of_the_same_weights_wherever_they_are():
    entries = np.random.default_rng(0).permutation(50_000)[:2000].astype(np.int32)
    places = np.arange(2000.0)

    def drawn(split: int) -> Figure:
        groups = (slice(None, split), slice(split, None))
        marks = tuple(Points(str(g), places[g], places[g], 0, entries[g]) for g in groups)
        return thinned(Figure("weights", Axis("x"), Axis("y"), marks, "Of 2000."), Fineness(points=300))

    here, there = (np.sort(np.concatenate([mark.entries for mark in drawn(split).marks])) for split in (500, 1500))
    assert here.size == 300
    assert np.array_equal(here, there)
    assert drawn(500).note == "Of 2000. 300 are drawn."


def test_long_lines_keep_their_spikes_and_huge_pictures_are_a_sentence():
    y = np.zeros(10_000)
    y[[1234, 8000]] = 5.0, -7.0
    line = Line("a", np.arange(10_000.0), y, low=y - 1, high=y + 1)
    (short,) = thinned(Figure("", Axis(""), Axis(""), (line,)), Fineness(buckets=100)).marks
    assert short.x.size <= 202
    assert (short.y.max(), short.y.min(), short.low.min(), short.high.max()) == (5.0, -7.0, -8.0, 6.0)
    large = Figure("", Axis(""), Axis(""), (Picture("mask", np.ones((300, 300))),))
    assert thinned(large, Fineness()).is_empty
    assert "90,000 weights" in thinned(large, Fineness()).note


def test_stops_are_few_where_rounds_are_many_and_keep_their_ends():
    assert fineness_for(54).stops == 11
    assert (fineness_for(1).stops, fineness_for(10_000).stops) == (24, 3)
    assert spread([1, 5, 7, 9, 12, 20], 3) == [1, 7, 20]
    assert spread([3, 4], 3) == [3, 4]


def test_it_needs_no_jax_and_no_notebook(root):
    code = "import sys, widgets.replay_page.page; print({'jax', 'anywidget', 'textual'} & {*sys.modules})"
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
