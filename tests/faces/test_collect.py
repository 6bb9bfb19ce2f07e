"""What students hand in: a small file of numbers, checked before anything is done with it, and one curve of all."""

import asyncio
import json
from pathlib import Path

import aiohttp
import msgspec
import numpy as np
import pytest

from sessions.reports.collected import Collected
from sessions.reports.summary import LONGEST, Summary, alike, half_width, pooled, read_summary, summary_of
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view
from ticket_explorer.errors import TicketError
from widgets.broadcast.class_panel import ClassPanel
from widgets.plots.class_curve import class_curve
from widgets.plots.figure import Line


@pytest.fixture(scope="module")
def handed_in(tiny) -> Summary:
    return summary_of(read_header(SessionDirectory.open_for_reading(tiny.path)), read_view(tiny.path))


def student(summary: Summary, seed: int, **changes: object) -> Summary:
    """The same plan with another seed: scores that are `seed` hundredths higher."""
    branches = [
        msgspec.structs.replace(
            branch,
            rounds=[
                msgspec.structs.replace(one, scores=[(score or 0) + seed / 100 for score in one.scores])
                for one in branch.rounds
            ],
        )
        for branch in summary.branches
    ]
    return msgspec.structs.replace(summary, session=f"{seed:032x}", seed=seed, branches=branches, **changes)


def put(directory: Path, *summaries: Summary) -> None:
    for one in summaries:
        (directory / f"{one.seed}.json").write_bytes(msgspec.json.encode(one))


def test_the_command_line_writes_it_in_both_forms(tiny, tell, tmp_path, handed_in):
    for form in ("json", "msgpack"):
        out = tmp_path / f"mine.{form}"
        assert tell("export", str(tiny.path), "summary", "--out", str(out)).exit_code == 0
        assert read_summary(out.read_bytes()) == handed_in
        assert out.stat().st_size < 4000
    scores = {
        branch["name"]: [one["score_by_replicate"] for one in branch["rounds"]] for branch in tiny.report["branches"]
    }
    assert {branch.name: [one.scores for one in branch.rounds] for branch in handed_in.branches} == scores


def test_the_plan_s_digest_is_one_for_all_seeds_and_titles(tiny):
    header, view = read_header(SessionDirectory.open_for_reading(tiny.path)), read_view(tiny.path)

    def plan(**changes: object) -> str:
        return summary_of(msgspec.structs.replace(header, spec={**header.spec, **changes}), view).plan

    assert plan(seed=7, title="Mine") == plan()
    assert plan(replicates=2) != plan()


def test_intervals_are_student_s():
    assert half_width([0.1]) is None
    assert half_width([1.0, 2.0, 4.0]) == pytest.approx(4.302653 * np.std([1, 2, 4], ddof=1) / 3**0.5, rel=1e-6)


def test_a_session_counts_once_and_only_with_branches_that_were_trained_alike(handed_in):
    first = handed_in.branches[0]
    again = [msgspec.structs.replace(first.rounds[0], scores=[score]) for score in (0.1, 0.2, 0.3)]
    often = msgspec.structs.replace(handed_in, branches=[msgspec.structs.replace(first, rounds=again)])
    assert [(one.sessions, one.score, one.half_width) for one in pooled([often])] == [(1, 0.3, None)]
    other = msgspec.structs.replace(student(handed_in, 3), branches=[msgspec.structs.replace(first, plan="0" * 64)])
    assert {one.sessions for one in pooled([student(handed_in, 1), student(handed_in, 2), other])} == {2}
    twice = msgspec.structs.replace(handed_in, branches=[first, first])
    with pytest.raises(TicketError, match="have the same name"):
        read_summary(msgspec.json.encode(twice))
    with pytest.raises(TicketError, match="no summary"):
        read_summary(msgspec.json.encode(msgspec.structs.replace(handed_in, session="a" * 16 + "\n")))


def test_a_class_has_one_curve(handed_in):
    summaries = [student(handed_in, seed) for seed in (1, 2, 6)]
    points = pooled(summaries)
    assert {one.sessions for one in points} == {3}
    first = points[0]
    assert first.score == pytest.approx((handed_in.branches[0].rounds[0].scores[0] or 0) + 0.03)
    assert first.half_width == pytest.approx(half_width([0.01, 0.02, 0.06]))
    figure = class_curve([*summaries, student(handed_in, 9, plan="ab" * 32)])
    faint = [mark for mark in figure.marks if isinstance(mark, Line) and mark.faint]
    strong = [mark for mark in figure.marks if isinstance(mark, Line) and not mark.faint]
    assert (len(faint), len(strong)) == (9, 3)
    assert figure.note.endswith("1 is of another plan and left out.")
    assert alike([]) == []
    assert class_curve([]).is_empty


WRONG = [
    b"",
    b"{}",
    b"[" * 100_000,
    b'{"schema": 1}',
    b"\x81\xa6schema\x01",
    b"\xff" * 100,
    b"x" * (LONGEST + 1),
    b"import os",
]


@pytest.mark.parametrize("data", WRONG, ids=range(len(WRONG)))
def test_what_is_no_summary_is_refused_with_a_sentence(data):
    with pytest.raises(TicketError, match="summary"):
        read_summary(data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("session",), "../../evil"),
        (("session",), ""),
        (("plan",), "<script>"),
        (("branches",), []),
        (("branches", 0, "name"), "x" * 81),
        (("branches", 0, "rounds", 0, "density"), 0),
        (("branches", 0, "rounds", 0, "density"), 1.5),
        (("branches", 0, "rounds", 0, "scores"), []),
        (("branches", 0, "rounds", 0, "scores"), ["0.8"]),
        (("branches", 0, "rounds", 0, "scores"), [1e300]),
        (("code",), "print(1)"),
        (("schema",), 99),
    ],
)
def test_what_a_summary_can_t_have_is_refused(handed_in, path, value):
    table = msgspec.to_builtins(handed_in)
    place = table
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(TicketError):
        read_summary(json.dumps(table).encode())


def test_a_directory_is_read_as_it_is_now(tmp_path, handed_in):
    collected = Collected(tmp_path / "class")
    put(collected.directory, student(handed_in, 1), student(handed_in, 2))
    (collected.directory / "holiday.json").write_text("[1, 2]")
    (collected.directory / "notes.txt").write_text("nothing")
    summaries, refused = collected.read()
    assert [one.seed for one in summaries] == [1, 2]
    assert list(refused) == ["holiday.json"]
    (collected.directory / "1.json").unlink()
    assert [one.seed for one in collected.read()[0]] == [2]


def test_a_session_counts_once_and_never_with_less_than_before(tmp_path, handed_in):
    collected = Collected(tmp_path)
    more, less = student(handed_in, 1), student(handed_in, 1)
    for branch in less.branches:
        branch.rounds.pop()
    collected.take(msgspec.json.encode(less))
    collected.take(msgspec.msgpack.encode(more))
    with pytest.raises(TicketError, match="more rounds"):
        collected.take(msgspec.json.encode(less))
    assert collected.read()[0] == [more]
    assert [file.name for file in tmp_path.iterdir()] == [f"{1:032x}.json"]


def test_the_command_tells_the_curve(tmp_path, tell, handed_in):
    put(tmp_path, *(student(handed_in, seed) for seed in range(1, 5)), student(handed_in, 9, plan="ab" * 32))
    (tmp_path / "bad.json").write_text("nothing")
    told = tell("collect", str(tmp_path), "--json", "--out", str(tmp_path / "class.png"))
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert (len(found["sessions"]), found["left_out"]) == (4, 1)
    assert {one["sessions"] for one in found["curve"]} == {4}
    assert "bad.json is left out" in told.stderr
    assert (tmp_path / "class.png").stat().st_size > 5000
    assert "±" in tell("collect", str(tmp_path)).stdout


def test_bad_input_of_the_command_is_a_sentence(tmp_path, tell):
    for arguments, said in (
        ([str(tmp_path / "nowhere")], "a directory with summaries"),
        ([str(tmp_path)], "no summary yet"),
        ([str(tmp_path), "--out", "x.gif"], ".png"),
    ):
        told = tell("collect", *arguments)
        assert told.exit_code == 2
        assert said in told.stderr.replace("\n", " ")


@pytest.mark.thorough
def test_browsers_hand_in_and_see_the_curve(tmp_path, handed_in):
    from tests.faces.broadcast_stage import Growing, Mirror, Stage, played

    growing = Growing(tmp_path)
    growing.grow(0.1)
    panel = ClassPanel(tmp_path / "class")

    async def story(stage: Stage) -> None:
        guest, mirror = await stage.join(), Mirror()
        assert await said(guest, b"nonsense") == "summary"
        for seed in (1, 2):
            await asyncio.sleep(1)
            assert await said(guest, msgspec.json.encode(student(handed_in, seed))) == "arrived"
        await stage.broadcast.look()
        for message in await stage.broadcast.whole():
            mirror.take(message)
        assert mirror.news is not None
        assert mirror.news.panels[0].name == "class"
        await guest.send_bytes(b"x" * (LONGEST + 10))
        while (await guest.receive(timeout=30)).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
            pass

    async def said(guest: aiohttp.ClientWebSocketResponse, data: bytes) -> str:
        await guest.send_bytes(data)
        while (told := await guest.receive(timeout=30)).type is not aiohttp.WSMsgType.TEXT:
            pass
        return next(word for word in ("arrived", "summary") if word in told.json()["taken"])

    played(growing.path, story, extra=panel, take_file=panel.take)
    assert len(list((tmp_path / "class").iterdir())) == 2
