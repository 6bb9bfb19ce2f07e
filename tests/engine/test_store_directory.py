"""A session is there whole or not at all, and every file of it says so when it was changed."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sessions.store import (
    SCHEMA,
    FileName,
    JournalFile,
    SessionDirectory,
    check_branch_name,
    check_schema,
    read_records,
    sessions_in,
)
from sessions.store.arrays import encode_arrays
from sessions.store.errors import DiskRefused, NewerSchema, NotASession, SessionExists
from sessions.store.round_file import RoundArrays, decode_round, encode_round
from sessions.store.session_dir import round_name
from sessions.store.verify import Finding, verify_files
from ticket_explorer.errors import InvalidValue, TicketError

MASK = np.array([[True, False, True, True, False]])
INITIAL = FileName("initial", "snr 0.2")
WEIGHTS = encode_arrays([np.zeros((1, 5), np.float32)])
ROUND = encode_round(RoundArrays(MASK, MASK * np.float32(1.5), MASK * np.float32(0.1)))


@pytest.fixture
def session(tmp_path: Path) -> SessionDirectory:
    """A small session with one of every file."""
    directory = SessionDirectory.create(tmp_path / "mine.session", b"the header")
    with JournalFile.open(directory.journal) as journal:
        for payload in (b"one", b"two", b"three"):
            journal.append(payload)
    for number in (0, 1, 2):
        directory.write(round_name("snr 0.2", number), ROUND)
    directory.write(INITIAL, WEIGHTS)
    directory.write_checkpoint(b"state")
    return directory


def bad(directory: SessionDirectory) -> list[Finding]:
    return [finding for finding in verify_files(directory) if not finding.ok]


def test_gives_back_what_was_written(session: SessionDirectory) -> None:
    back = SessionDirectory.open_for_reading(session.path)
    assert back.read_header() == b"the header"
    session.write(round_name("snr 0.2", 1000), ROUND)
    assert back.read_round("snr 0.2", 1000) == ROUND
    assert back.read(INITIAL) == WEIGHTS
    assert (back.branches(), back.rounds("snr 0.2"), back.rounds("none")) == (["snr 0.2"], [0, 1, 2, 1000], [])
    assert back.read_checkpoint() == b"state"
    session.write_checkpoint(b"later", durable=True)
    assert back.read_checkpoint() == b"later"
    session.remove_checkpoint()
    session.remove_checkpoint()
    assert back.read_checkpoint() is None
    assert sessions_in(session.path.parent) == [session.path]


def test_creates_over_nothing(session: SessionDirectory, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("mine.session", "empty", "dangling"):
        with pytest.raises(SessionExists, match="nothing was overwritten"):
            SessionDirectory.create(tmp_path / name, b"another")
    assert session.read_header() == b"the header"
    assert sorted(os.listdir(tmp_path)) == ["dangling", "empty", "mine.session"]
    assert SessionDirectory.create(tmp_path / "new" / "deep.session", b"x").read_header() == b"x"


def test_what_is_no_session_is_a_sentence_that_names_those_near(session: SessionDirectory, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for name, what in {"file": "is a file", "folder": "directory without", "mime.session": "no session at"}.items():
        with pytest.raises(NotASession, match=rf"{what}.* Sessions there: {session.path.name}\."):
            SessionDirectory.open_for_reading(tmp_path / name)
    with pytest.raises(NotASession, match=r"no session at [^ ]*\.$"):
        SessionDirectory.open_for_reading(tmp_path / "none" / "here")
    with pytest.raises(NotASession):
        SessionDirectory.open_for_reading(tmp_path / "file" / "below")
    assert sessions_in(tmp_path / "none") == []


@pytest.mark.parametrize("name", ["", "..", "../up", "a/b", "a\n", ".hidden", "a\0", "x" * 65, "-flag", "a\\b", "é"])
def test_a_branch_name_stays_in_its_directory(session: SessionDirectory, name: str) -> None:
    for use in (check_branch_name, session.rounds, lambda branch: session.write(FileName("round", branch), b"")):
        with pytest.raises(InvalidValue, match="branch name"):
            use(name)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    check_schema(SCHEMA, tmp_path)
    with pytest.raises(NewerSchema, match="Update it"):
        check_schema(SCHEMA + 1, tmp_path)


def test_verify_is_clean_and_says_what_every_file_is(session: SessionDirectory) -> None:
    (session.path / ".checkpoint.msgpack.0123.tmp").write_text("half")
    with session.journal.open("ab") as file:
        file.write(b"torn")
    findings = {finding.path.name: finding for finding in verify_files(session)}
    assert all(finding.ok for finding in findings.values())
    assert findings["001.msgpack"].what == "round, 3 of 1 × 5 entries kept"
    assert "3 records, then 4 bytes" in findings["journal.msgpack"].what
    assert len(findings) == 8
    session.remove_leftovers()
    assert list(session.leftovers()) == []


def test_verify_names_missing_rounds_and_other_shapes(session: SessionDirectory) -> None:
    session.round_path("snr 0.2", 2).rename(session.round_path("snr 0.2", 10**9))
    mask = np.ones((2, 5), bool)
    session.write(round_name("snr 0.2", 1), encode_round(RoundArrays(mask, mask * np.float32(1), None)))
    assert [(finding.path.stem, finding.what) for finding in bad(session)] == [
        ("001", "replicates and entries are (2, 5), but (1, 5) in the rounds before"),
        ("1000000000", "rounds 2 to 999999999 before it are missing"),
    ]


def test_verify_raises_nothing_whatever_is_missing(session: SessionDirectory) -> None:
    session.journal.unlink()
    session.header.write_bytes(b"")
    session.round_path("snr 0.2", 0).write_bytes(b"no seal")
    session.checkpoint.unlink()
    session.checkpoint.mkdir()
    assert {finding.path for finding in bad(session)} >= {
        session.journal,
        session.header,
        session.round_path("snr 0.2", 0),
        session.checkpoint,
    }
    assert len(bad(SessionDirectory(session.path / "nothing"))) == 2


def test_damaged_records_are_found_and_stay_named_after_recovery(session: SessionDirectory) -> None:
    data = bytearray(session.journal.read_bytes())
    data[20] ^= 1
    session.journal.write_bytes(data)
    (finding,) = bad(session)
    assert "can't be read" in finding.what
    JournalFile.open(session.journal).close()
    assert bad(session) == []
    assert (session.path / "journal.damaged-19").is_file()


def test_changed_bytes_in_any_file_are_noticed_by_its_reader_and_by_verify(session: SessionDirectory) -> None:
    readers: dict[Path, Callable[[], object]] = {
        session.header: session.read_header,
        session.checkpoint: session.read_checkpoint,
        session.round_path("snr 0.2", 0): lambda: decode_round(session.read_round("snr 0.2", 0), "here"),
        session.path_of(INITIAL): lambda: session.read(INITIAL),
    }
    chance = random.Random(0)
    for path, read in readers.items():
        whole = path.read_bytes()
        for _ in range(100):
            changed = bytearray(whole)
            for _ in range(chance.choice((1, 1, 5))):
                changed[chance.randrange(len(whole))] ^= chance.randrange(1, 256)
            path.write_bytes(changed[: chance.randrange(len(whole))] if chance.random() < 0.2 else changed)
            if path.read_bytes() != whole:
                with pytest.raises(TicketError):
                    read()
        assert path in {finding.path for finding in bad(session)}
        path.write_bytes(whole)


CREATE = """
import sys
from pathlib import Path
from sessions.store import SessionDirectory
print("ready", flush=True)
for number in range(100_000):
    SessionDirectory.create(Path(sys.argv[1]) / f"{number}.session", b"header" * 1000)
"""


def test_creation_killed_at_random_moments_leaves_nothing_half(tmp_path: Path) -> None:
    chance = random.Random(0)
    for attempt in range(4):
        home = tmp_path / str(attempt)
        home.mkdir()
        with subprocess.Popen([sys.executable, "-c", CREATE, str(home)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.001, 0.1))
            process.kill()
        visible = {path for path in home.iterdir() if not path.name.startswith(".")}
        assert set(sessions_in(home)) == visible
        for path in visible:
            directory = SessionDirectory.open_for_reading(path)
            assert directory.read_header() == b"header" * 1000
            assert read_records(directory.journal).payloads == []
            assert all(finding.ok for finding in verify_files(directory))


def test_what_cannot_be_listed_is_said_and_costs_no_other_its_line(
    session: SessionDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = session.path.parent / "hidden.session"
    hidden.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != hidden)
    assert sessions_in(session.path.parent) == sorted([hidden, session.path])
    with pytest.raises(DiskRefused, match="not a directory"):
        sessions_in(session.header)
