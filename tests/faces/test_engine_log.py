"""The engine's log: it lies in the session, rotates, and every face can show it."""

import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from sessions.reports.verify_session import verify
from sessions.store import engine_log
from sessions.store.engine_log import log_file, open_log, read_log
from tests.faces.conftest import GOLDEN, Tell
from tests.faces.dialog_stage import keys, returned, says, then
from widgets.terminal.dialogs.engine_log import EMPTY, EngineLog


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = Path(shutil.copytree(GOLDEN, tmp_path / "golden.session"))
    path.chmod(0o700)
    return path


def write(session: Path, text: str) -> None:
    with open(open_log(session), "a") as file:
        file.write(text)


def test_it_rotates_and_the_older_part_comes_first(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_log, "LARGEST", 5)
    for text in ("the first\n", "second one\n", "third part\n"):
        write(session, text)
    assert log_file(session).read_text() == "third part\n"
    assert read_log(session) == "second one\nthird part\n"
    assert read_log(session, 1) == "third part\n"
    assert read_log(session, 0) == ""
    assert stat.S_IMODE(log_file(session).stat().st_mode) == 0o600
    assert [finding for finding in verify(session) if not finding.ok] == []


def test_a_link_in_its_place_is_not_followed(session: Path, tmp_path: Path) -> None:
    (target := tmp_path / "precious").write_text("untouched")
    log_file(session).symlink_to(target)
    with pytest.raises(OSError):
        open_log(session)
    assert target.read_text() == "untouched"


def test_the_command_line_prints_it(tell: Tell, session: Path) -> None:
    assert "There is no log yet" in tell("log", str(session)).stderr
    write(session, "one\ntwo \x1b[31mred\n")
    told = tell("log", str(session))
    assert told.stdout.startswith("one\ntwo ")
    assert "\x1b" not in told.stdout
    assert tell("log", str(session), "--lines", "1").stdout.startswith("two")


def test_the_app_shows_it(session: Path) -> None:
    async def shown(dialog: Any, pilot: Any) -> None:
        lines = [strip.text.strip() for strip in dialog.query_one("RichLog").lines]
        assert lines == expected

    expected = [EMPTY]
    assert returned(EngineLog(session), then(says(str(log_file(session))[:20]), shown, keys("escape"))) is None
    write(session, "one\ntwo\n")
    expected = ["one", "two"]
    assert returned(EngineLog(session), then(shown, keys("L"))) is None


def test_all_that_is_not_finished_goes_on(
    tell: Tell, session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(session, home / "sessions" / "golden.session")
    refused = tell("resume", "golden", "--all", TICKET_EXPLORER_HOME=str(home))
    assert refused.exit_code == 2
    assert "a session, or --all in its place" in refused.stderr
    assert tell("resume", TICKET_EXPLORER_HOME=str(home)).exit_code == 2
    driven: list[Path] = []
    monkeypatch.setattr("widgets.cli.run._resume", lambda path, json, trust: driven.append(path))
    tell("archive", "golden", TICKET_EXPLORER_HOME=str(home))
    assert "0 sessions go on: none" in tell("resume", "--all", TICKET_EXPLORER_HOME=str(home)).stderr
    tell("archive", "golden", "--undo", TICKET_EXPLORER_HOME=str(home))
    assert "1 session goes on: golden" in tell("resume", "--all", TICKET_EXPLORER_HOME=str(home)).stderr
    assert driven == [home / "sessions" / "golden.session"]
