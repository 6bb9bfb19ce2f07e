"""What grows with a session: files that may hold anything, journals that somebody writes, rows and scalars."""

import csv
import shutil
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.messages import events
from sessions.reports.generation_rows import SettledRows, metric_rows
from sessions.reports.scalars import RoundBegun, Scalars, ScalarTeller
from sessions.store import SessionDirectory
from sessions.views.growing import GrowingJournal, JournalReplaced
from sessions.views.session_view import SessionView
from tests.faces.made_events import LEAVES, block, branch, finish, plan, start, summaries
from ticket_explorer.errors import TicketError
from widgets.cli.event_files import EventFiles
from widgets.cli.event_records import scalar_record
from widgets.cli.following import write_now
from widgets.cli.growing_file import GrowingFile
from widgets.cli.table_files import GrowingCsv


@given(
    content=st.lists(st.binary(min_size=1, max_size=5)),
    there=st.binary(max_size=30),
    flushes=st.sets(st.integers(0, 9)),
)
def test_a_growing_file_ends_as_it_should_whatever_it_held(tmp_path_factory, content, there, flushes):
    path = tmp_path_factory.mktemp("growing") / "file"
    path.write_bytes(there)
    file = GrowingFile(path)
    for number, record in enumerate(content):
        file.write(record)
        if number in flushes:
            file.flush()
    file.settle()
    assert path.read_bytes() == b"".join(content)


class Growing:
    """A copy of a session whose journal grows as a test wants."""

    def __init__(self, session: Path, path: Path) -> None:
        self.path = shutil.copytree(session, path)
        self.file = SessionDirectory(path).journal
        self.whole = self.file.read_bytes()

    def grow(self, size: int) -> None:
        """Have the journal hold its first bytes."""
        self.file.write_bytes(self.whole[:size])


@pytest.fixture
def growing(tiny, tmp_path) -> Growing:
    return Growing(tiny.path, tmp_path / "growing.session")


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("looks", [2, 7, 40])
def test_however_often_one_looks_files_come_out_the_same(growing, tmp_path, looks):
    write_now(growing.path, lambda journal: EventFiles(journal, tmp_path / "at-once"))
    growing.grow(8)
    journal = GrowingJournal(growing.path)
    files = [EventFiles(journal, tmp_path / "runs"), GrowingCsv(journal, tmp_path / "metrics.csv")]
    for look in range(looks + 1):
        growing.grow(8 + (len(growing.whole) - 8) * look // looks)
        for event in journal.news():
            for one in files:
                one.take(event)
        for one in files:
            one.flush()
        assert all(len(content) > 0 for content in contents(tmp_path / "runs").values())
    assert contents(tmp_path / "runs") == contents(tmp_path / "at-once")
    with (tmp_path / "metrics.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    rows = [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in metric_rows(journal.view)
    ]
    assert sorted(map(str, found)) == sorted(map(str, rows))


def test_a_score_that_comes_later_is_in_its_row(growing, tmp_path):
    """Generations are journalled before the round's end: their last row waits for the score."""
    sizes = [8, *_record_ends(growing.whole), len(growing.whole)]
    growing.grow(8)
    journal = GrowingJournal(growing.path)
    table = GrowingCsv(journal, tmp_path / "metrics.csv")
    before = b""
    for _, size in pairwise(sizes):
        growing.grow(size)
        for event in journal.news():
            table.take(event)
        table.flush()
        now = (tmp_path / "metrics.csv").read_bytes() if (tmp_path / "metrics.csv").exists() else b""
        assert now.startswith(before), "a row that was written was changed"
        before = now
    with (tmp_path / "metrics.csv").open(newline="") as file:
        scored = [row["generation"] for row in csv.DictReader(file) if row["score"]]
    assert scored == ["4"] * 4


def _record_ends(journal: bytes) -> list[int]:
    ends, at = [], 8
    while at < len(journal):
        at += 8 + int.from_bytes(journal[at + 4 : at + 8], "little")
        ends.append(at)
    return ends


@pytest.mark.parametrize("what", ["shorter", "another"])
def test_a_journal_that_is_replaced_is_noticed(growing, what):
    growing.grow(len(growing.whole) * 2 // 3)
    journal = GrowingJournal(growing.path)
    assert list(journal.news())
    longer = growing.whole[:8] + bytes(10) + growing.whole
    growing.file.write_bytes(growing.whole[:100] if what == "shorter" else longer)
    with pytest.raises(JournalReplaced, match="no longer holds what was read"):
        look_twice(journal)


def look_twice(journal: GrowingJournal) -> None:
    """What is torn at a first look may be on its way."""
    for _ in range(2):
        list(journal.news())


def test_a_session_that_vanishes_ends_in_a_sentence(growing):
    journal = GrowingJournal(growing.path)
    list(journal.news())
    shutil.rmtree(growing.path)
    with pytest.raises(TicketError, match="it is missing"):
        list(journal.news())


def told_of(*stream: events.Event) -> list[Scalars | RoundBegun]:
    view = SessionView()
    teller, told = ScalarTeller(view), []
    for event in stream:
        view.apply(event)
        told += teller.of(event)
    return told


def values(told: list[Scalars | RoundBegun], tag: str, replicate: int = 0) -> list[tuple[int, float, float]]:
    found = [one for one in told if isinstance(one, Scalars) and one.replicate == replicate]
    return [(one.step, one.at, one.values[tag]) for one in found if tag in one.values]


def test_generations_that_are_told_again_are_not_told_twice():
    numbers = np.arange(10 * 4).reshape(10, 1, 4)
    again = [block("a", 4, numbers[4:7]), block("a", 7, numbers[7:])]
    told = told_of(branch("a"), start("a"), block("a", 0, numbers[:7]), *again, *again)
    assert [(step, value) for step, _, value in values(told, "fitness/mean")] == [(n + 1, 4 * n) for n in range(10)]


def test_what_is_no_number_is_left_out():
    numbers = np.full((2, 2, 4), 1.0)
    numbers[1, 1] = np.nan
    told = told_of(branch("a"), start("a"), block("a", 0, numbers), finish("a", score=[0.5, None]))
    assert [step for step, _, _ in values(told, "fitness/mean", 0)] == [1, 2]
    assert [step for step, _, _ in values(told, "fitness/mean", 1)] == [1]
    assert (len(values(told, "score", 0)), values(told, "score", 1)) == (1, [])


def test_an_adopted_round_took_its_time_steadily():
    finished = msgspec.structs.replace(finish("a", at=140.0), generations=4)
    metrics = np.ones((4, 1, 4), "<f4").tobytes()
    round_ = events.AdoptedRound(
        number=0,
        density=1.0,
        kept=5000,
        dimension=5050,
        generations=4,
        started=100.0,
        plan=plan(),
        metrics=metrics,
        finished=finished,
    )
    adopted = events.BranchAdopted(
        at=500.0, branch="a", session="x", source="y", plan=plan(), leaves=LEAVES, rounds=[round_]
    )
    told = told_of(adopted)
    assert [at for _, at, _ in values(told, "fitness/mean")] == [110.0, 120.0, 130.0, 140.0]
    assert values(told, "score") == [(4, 140.0, 0.5)]


def test_a_learned_mask_has_the_density_it_came_out_with():
    learns = {**plan(), "trainer": {"name": "continuous_sparsification", "generations": 100}}
    added = msgspec.structs.replace(branch("a"), plan=learns)
    stream = [added, start("a"), block("a", 0, np.ones((100, 2, 4)))]
    end = finish("a", score=[0.5, 0.6], kept=[1000, 2000], leaves=summaries(0.25, 0.5))
    view = SessionView()
    rows = SettledRows(view)
    for event in stream:
        view.apply(event)
    assert list(rows.of("a", 0)) == [], "its density is not known"
    view.apply(end)
    assert {row["density"] for row in rows.of("a", 0)} == {1500 / 5000}
    told = told_of(*stream, end)
    assert [values(told, "density", replicate)[0][2] for replicate in (0, 1)] == [1000 / 5000, 2000 / 5000]
    assert values(told, "density/dense_1/kernel")[0][2] == 0.5


def test_whatever_a_session_says_of_itself_files_stay_in_their_directory(growing, tmp_path):
    journal = GrowingJournal(growing.path)
    spec = {**journal.header.spec, "seed": 10**400}
    journal.header = msgspec.structs.replace(journal.header, id="/../../../gone", created=float("inf"), spec=spec)
    files = EventFiles(journal, tmp_path / "deep" / "runs")
    for event in journal.news():
        files.take(event)
    files.settle()
    assert {path.name for path in tmp_path.iterdir()} == {growing.path.name, "deep"}
    assert sorted(path.name for path in (tmp_path / "deep" / "runs").iterdir()) == ["magnitude", "random", "snr"]


def test_numbers_too_large_for_a_chart_end_no_export():
    assert scalar_record(0.0, 1, {"score": 1e308})
