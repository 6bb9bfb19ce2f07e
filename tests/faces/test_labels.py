"""Tags and the archive: they lie with the session, disturb nothing of it, and every list knows them."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from textual.widgets import Static

from sessions.reports.session_list import Listing, session_state
from sessions.reports.verify_session import verify
from sessions.store.labels import LABELS, label, read_labels
from tests.faces.conftest import GOLDEN, Tell
from ticket_explorer.errors import InvalidValue, UnknownName
from ticket_explorer.places import sessions_dir
from widgets.shared.session_table import matching
from widgets.terminal.app import TicketExplorer
from widgets.terminal.screens.session_list import SessionList


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    for name in ("one", "two", "three"):
        shutil.copytree(GOLDEN, sessions_dir() / f"{name}.session")
    return tmp_path


def test_they_are_kept_with_the_session_and_disturb_nothing(tmp_path: Path) -> None:
    path = sessions_dir() / "one.session"
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    found = {finding.path for finding in verify(path) if not finding.ok}
    assert label(path, add=["paper", "b.2", "paper"], archived=True).tags == ("b.2", "paper")
    assert label(path, remove=["b.2", "nosuch"]).tags == ("paper",)
    assert {file: file.read_bytes() for file in before} == before
    assert {finding.path for finding in verify(path) if not finding.ok} == found
    moved = Path(shutil.copytree(path, tmp_path / "elsewhere.session"))
    assert (session_state(moved).tags, session_state(moved).archived) == (("paper",), True)


@pytest.mark.parametrize("tag", ["", "two words", "-off", "a/b", "x" * 33, "\x1b[31m", "_"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(InvalidValue, match="1 to 32 letters"):
        label(sessions_dir() / "one.session", add=[tag])


def test_too_many_are_refused() -> None:
    with pytest.raises(InvalidValue, match="at most 32"):
        label(sessions_dir() / "one.session", add=[f"t{number}" for number in range(33)])


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x91" * 1000, b"\x81\xa4tags\x91\xa3a b"])
def test_garbage_in_their_place_is_no_labels(content: bytes) -> None:
    path = sessions_dir() / "one.session"
    (path / LABELS.place).write_bytes(content)
    assert read_labels(path).tags == ()
    assert session_state(path).state == "paused"
    assert label(path, add=["new"]).tags == ("new",)


def test_lists_find_them_and_leave_the_archive_out() -> None:
    label(sessions_dir() / "one.session", add=["Paper"])
    label(sessions_dir() / "two.session", add=["paper-2"], archived=True)
    known = Listing().known()

    def found(*words: str) -> list[str]:
        return sorted(one.name for one in matching(known, words))

    assert found() == ["one", "three"]
    assert found("tag:paper") == ["one"]
    assert found("tags:paper") == ["one"]
    assert found("is:archived") == ["two"]
    assert found("is:archived", "tag:paper") == []
    with pytest.raises(UnknownName, match="archived"):
        found("is:lost")


def test_the_command_line_tags_and_archives(tell: Tell, home: Path) -> None:
    place = {"TICKET_EXPLORER_HOME": str(home)}
    assert "It has no tags" in tell("tag", "one", **place).stderr
    assert tell("tag", "one", "paper", "b", **place).stdout == "b\npaper\n"
    assert tell("tag", "one", "b", "--remove", **place).stdout == "paper\n"
    assert tell("tag", "one", "--remove", **place).exit_code == 2
    assert tell("tag", "nosuch", "x", **place).exit_code == 2
    assert "one is archived." in tell("archive", "one", "two", **place).stderr
    listed = tell("list", **place)
    assert "three" in listed.stdout
    assert "2 archived sessions are not shown; list is:archived shows them." in listed.stderr
    rows = json.loads(tell("list", "is:archived", "--json", **place).stdout)
    assert {row["name"]: row["tags"] for row in rows} == {"one": ["paper"], "two": []}
    tell("archive", "two", "--undo", **place)
    assert tell("rm", "one", "two", "--yes", **place).exit_code == 0
    assert [path.stem for path in sessions_dir().iterdir()] == ["three"]


def test_the_app_marks_several_and_tags_archives_and_deletes_them() -> None:
    async def story() -> None:
        app = TicketExplorer()
        async with app.run_test(size=(120, 36)) as pilot:

            async def until(rows: int) -> SessionList:
                while True:
                    table = app.screen.query_one(SessionList)
                    if table.row_count == rows:
                        return table
                    await pilot.pause(0.02)

            table = await until(3)
            await pilot.press("space", "space")
            marked = {one.name for one in table.chosen}
            assert len(marked) == 2
            assert "2 marked" in str(app.screen.query_one("#title", Static).render())
            await pilot.press("t")
            await pilot.pause()
            await pilot.press(*"paper", "enter")
            while any(read_labels(sessions_dir() / f"{name}.session").tags != ("paper",) for name in marked):
                await pilot.pause(0.02)
            await pilot.press("a")
            table = await until(1)
            assert {one.name for one in table.chosen} == {"one", "two", "three"} - marked
            await pilot.press("delete")
            await pilot.pause()
            await pilot.press("tab", "enter")
            while len(list(sessions_dir().iterdir())) == 3:
                await pilot.pause(0.02)
        assert {path.stem for path in sessions_dir().iterdir()} == marked

    asyncio.run(story())
