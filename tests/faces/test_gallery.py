"""Recorded sessions that come with the package: real, whole, small, and opened everywhere."""

import json
from html import unescape

import pytest

import ticket_explorer as tx
from sessions.reports.verify_session import verify
from sessions.views.reading import read_view
from ticket_explorer.errors import TicketError
from widgets.notebook import Replay
from widgets.replay_page.page import page
from widgets.shared.gallery import RECORDINGS, recording

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("name", RECORDINGS)
def test_each_is_a_whole_finished_run_with_samples_of_weights(name):
    path = recording(name).path
    assert all(finding.ok for finding in verify(path))
    view = read_view(path)
    assert view.state == "finished"
    assert all(len(one.frames) >= 3 for branch in view.branches for one in view.lineage(branch))
    saved = tx.read(path)
    assert len(page(path, saved.header, saved.view).encode()) <= 3_000_000


def test_they_are_small():
    files = [file for one in RECORDINGS.values() for file in one.path.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 8_000_000
    assert not any(file.name == "lock" for file in files)


def test_what_is_said_of_them_is_so():
    def last(name: str, branch: str) -> float:
        scores = [one.finished.score for one in read_view(recording(name).path).lineage(branch) if one.finished]
        return sum(scores[-1]) / len(scores[-1])

    rungs = [last("ladder", one) for one in ("ticket", "fresh-weights", "permuted-mask", "layer-shares", "random")]
    assert rungs == sorted(rungs, reverse=True)
    assert last("pendulum", "snr") > last("pendulum", "random") + 300
    assert last("gradient", "gradient") > last("gradient", "evolution")
    assert last("masks", "weights") > last("masks", "masks") + 0.2


def test_the_command_lists_them_and_writes_one_as_a_page(tell, tmp_path):
    assert all(name in tell("gallery").stdout for name in RECORDINGS)
    assert [one["name"] for one in json.loads(tell("gallery", "--json").stdout)] == list(tx.gallery())
    told = tell("gallery", "masks", "--out", str(tmp_path / "masks.html"))
    assert told.exit_code == 0, told.output
    assert "masks-without-cloning" in (tmp_path / "masks.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "one of fashion, pendulum"),
        (["masks", "--out", "x.pdf"], ".html"),
        (["--out", "x.html"], "name of a recording"),
        (["masks"], "--out FILE.html"),
    ],
)
def test_bad_input_is_a_sentence(tell, arguments, said):
    told = tell("gallery", *arguments)
    assert told.exit_code == 2
    assert said in told.stderr.replace("\n", " ")


def test_a_cell_holds_the_whole_page_in_a_frame_of_its_own():
    found = Replay(tx.gallery()["masks"], height=500).value
    head, _, rest = found.partition('srcdoc="')
    assert 'sandbox="allow-scripts"' in head
    text, _, tail = rest.partition('"')
    assert "height: 500px" in tail
    saved = tx.read(recording("masks").path)
    assert unescape(text) == page(saved.path, saved.header, saved.view)
    with pytest.raises(TicketError):
        Replay("nowhere")
