"""The index of the list of sessions: it saves reading, and whatever it holds, the rows are right."""

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from sessions.reports import session_list
from sessions.reports.session_index import index_path, read_index
from sessions.reports.session_list import Listing, SessionState, session_state
from sessions.store import SessionDirectory, SessionLock
from sessions.store.labels import label
from ticket_explorer.places import sessions_dir
from widgets.terminal.recorded import recorded_session


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with three sessions."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    for name in ("one", "two", "three"):
        shutil.copytree(recorded_session(), sessions_dir() / f"{name}.session", ignore=lambda *_: ["rounds"])
    return tmp_path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sessions whose journals were read."""
    read: list[str] = []

    def view(path: Path) -> object:
        read.append(path.stem)
        return original(path)

    original = session_list.read_view
    monkeypatch.setattr(session_list, "read_view", view)
    return read


def read_anew() -> list[SessionState]:
    """What a list without an index says."""
    return sorted((session_state(path) for path in sessions_dir().iterdir()), key=lambda row: row.name)


def listed() -> list[SessionState]:
    """What another process that begins to list says."""
    return sorted(Listing().known(), key=lambda row: row.name)


def change(index: bytes) -> bytes:
    """An index whose rows all lie, for sessions that are as they were."""
    table = msgspec.msgpack.decode(index)
    for line in table["lines"].values():
        line["row"]["title"] = "a lie"
    return msgspec.msgpack.encode(table)


def test_a_second_process_reads_no_journal(reads: list[str]) -> None:
    first = listed()
    assert sorted(reads) == ["one", "three", "two"]
    assert listed() == first
    assert len(reads) == 3


def test_the_index_is_private() -> None:
    before = os.umask(0)
    try:
        listed()
        assert stat.S_IMODE(index_path().stat().st_mode) == 0o600
        assert stat.S_IMODE(index_path().parent.stat().st_mode) == 0o700
    finally:
        os.umask(before)


STALE: dict[str, Callable[[Path], object]] = {
    "another session of the same size and time": lambda path: _replaced(path / "journal.msgpack"),
    "a longer journal": lambda path: _with_tail(path / "journal.msgpack"),
    "a damaged journal": lambda path: (path / "journal.msgpack").write_bytes(b"TXJOURN\x01garbage that is no record"),
    "another header": lambda path: _replaced(path / "session.msgpack"),
    "no header": lambda path: (path / "session.msgpack").unlink(),
    "no journal": lambda path: (path / "journal.msgpack").unlink(),
    "a tag": lambda path: label(path, add=["paper"]),
    "another name": lambda path: path.rename(path.with_name("renamed.session")),
    "gone": shutil.rmtree,
}


def _replaced(path: Path) -> None:
    """The same bytes at the same time, in another file."""
    about = path.stat()
    shutil.copy(path, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def _with_tail(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"torn")


@pytest.mark.parametrize("how", STALE)
def test_a_line_of_a_session_that_changed_is_not_believed(how: str, reads: list[str]) -> None:
    listed()
    path = sessions_dir() / "one.session"
    STALE[how](path)
    index_path().write_bytes(change(index_path().read_bytes()))  # what is unchanged is believed, and lies
    reads.clear()
    rows = {row.name: row for row in listed()}
    truth = {path.name.removesuffix(".session"): session_state(path) for path in sessions_dir().iterdir()}
    for name in {"one", "renamed"} & rows.keys():
        assert rows[name] == truth[name]
        assert rows[name].title != "a lie"
    assert rows["two"].title == "a lie"


GARBAGE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda index: b"",
    "garbage": lambda index: os.urandom(len(index)),
    "half": lambda index: index[: len(index) // 2],
    "another table": lambda index: msgspec.msgpack.encode({"schema": 1}),
    "a later schema": lambda index: _with(index, schema=99),
    "another version": lambda index: _with(index, program="0.0.1"),
    "deep": lambda index: b"\x91" * 200_000,
    "wrong types": lambda index: index.replace(b"fashion", b"\xc1ashion"),
    "not UTF-8": lambda index: index.replace(b"fashion", b"\xffashion"),
}


def _with(index: bytes, **fields: object) -> bytes:
    return msgspec.msgpack.encode({**msgspec.msgpack.decode(change(index)), **fields})


@pytest.mark.parametrize("how", GARBAGE)
def test_an_index_that_is_garbage_costs_only_time(how: str) -> None:
    truth = listed()
    index_path().write_bytes(GARBAGE[how](index_path().read_bytes()))
    assert listed() == truth == read_anew()
    assert len(read_index(SessionState)) == 3


def test_an_index_that_others_may_write_is_not_believed() -> None:
    truth = listed()
    index_path().write_bytes(change(index_path().read_bytes()))
    index_path().chmod(0o666)
    assert listed() == truth


def test_a_foreign_index_behind_a_link_or_a_directory_is_not_believed(home: Path) -> None:
    truth = listed()
    foreign = home / "foreign"
    foreign.write_bytes(change(index_path().read_bytes()))
    index_path().unlink()
    index_path().symlink_to(foreign)
    assert listed() == truth
    assert not index_path().is_symlink()  # the next index took its place
    index_path().unlink()
    index_path().mkdir()
    assert listed() == truth


def test_lines_of_another_home_are_not_believed() -> None:
    listed()
    table = msgspec.msgpack.decode(change(index_path().read_bytes()))
    table["lines"] = {f"/elsewhere/{Path(path).name}": line for path, line in table["lines"].items()}
    index_path().write_bytes(msgspec.msgpack.encode(table))
    assert listed() == read_anew()
    swapped = msgspec.msgpack.decode(index_path().read_bytes())
    one, two = (str(sessions_dir() / f"{name}.session") for name in ("one", "two"))
    swapped["lines"][one], swapped["lines"][two] = swapped["lines"][two], swapped["lines"][one]
    index_path().write_bytes(msgspec.msgpack.encode(swapped))
    assert listed() == read_anew()


def test_a_place_that_can_not_be_written_goes_without(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "cache").write_text("a file where the directory should be")
    assert listed() == read_anew()


def test_whether_a_session_is_open_is_never_taken_from_the_index() -> None:
    row = listed()[0]
    path = Path(row.path)
    with SessionLock(SessionDirectory(path).lock):
        assert listed()[0] == replace(row, is_open=True)
        assert not read_index(SessionState)[row.path].row.is_open
    assert listed()[0] == row
