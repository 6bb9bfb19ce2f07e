"""A whole file in the wrong place is damage: `verify` says so, and so does whoever would use it."""

import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessions.reports.session_list import session_state
from sessions.reports.verify_session import verify
from sessions.session.session import Session
from sessions.store import FileName, SessionDirectory, read_records
from sessions.store.errors import Damaged
from sessions.store.file_table import TABLE, files_in
from sessions.store.round_file import RoundArrays, encode_round
from sessions.views.reading import read_header, read_view
from ticket_explorer.errors import TicketError

BRANCHES = [{"name": "a", "rewind": {"name": "early", "generation": 13}}, {"name": "b", "pruner": "magnitude"}]
TABLES: dict[str, Any] = {"pruning": {"ratio": 0.3, "rounds": 2}, "branch": BRANCHES, "analysis": {"way": True}}


def make(lab: Any, path: Path, donor: Path, seed: int) -> Path:
    """A session that is half-way through its last round, with every kind of file."""
    session = Session.create(lab.spec(seed=seed, **TABLES), path)
    session.step(60)
    session.adopt(donor, "snr", "theirs")
    session.step(90)
    path = lab.kill(session)
    (path / ".checkpoint.msgpack.0123abcd.tmp").write_bytes(b"half")
    for name in ("kept-aside", "frames-kept-aside", "address", "log", "older-log", "labels"):
        SessionDirectory(path).path_of(FileName(name, number=19)).write_bytes(b"bytes")
    return path


@pytest.fixture(scope="session")
def pair(shared_lab: Any) -> tuple[Path, Path]:
    """Two sessions of the same tables and other seeds."""
    donor = shared_lab.finished("donor", pruning={"ratio": 0.3, "rounds": 2})
    return tuple(make(shared_lab, shared_lab.path(f"sealed-{seed}"), donor, seed) for seed in (1, 2))  # type: ignore[return-value]


@pytest.fixture
def mine(pair: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(pair[0], tmp_path / "mine.session"))


@pytest.fixture
def foreign(pair: tuple[Path, Path]) -> Path:
    return pair[1]


def reported(path: Path) -> set[Path]:
    return {finding.path for finding in verify(path) if not finding.ok}


def test_every_file_on_disk_is_named_by_verify_and_every_kind_is_there(mine: Path) -> None:
    named = {finding.path for finding in verify(mine)}
    there = dict(files_in(mine))
    assert set(there) <= named
    assert {name.kind for name in there.values() if name is not None} == set(TABLE)
    assert reported(mine) == set()


def test_every_sealed_file_but_the_checkpoint_is_in_the_journal(mine: Path) -> None:
    sealed = {name for _, name in files_in(mine) if name is not None and TABLE[name.kind].form == "sealed"}
    assert sealed - {FileName("checkpoint"), FileName("way")} == set(read_view(mine).ledger.files)


HARMS: dict[str, Callable[[Path], None]] = {
    "flipped": lambda file: file.write_bytes(bytes([*file.read_bytes()[:-1], file.read_bytes()[-1] ^ 1])),
    "emptied": lambda file: file.write_bytes(b""),
    "removed": Path.unlink,
    "a directory": lambda file: (file.unlink(), file.mkdir())[0],
    "a pipe": lambda file: (file.unlink(), os.mkfifo(file))[0],
}
NOTES = [kind for kind, known in TABLE.items() if known.form == "note"]
HARMLESS = {(kind, harm) for kind in NOTES for harm in ("flipped", "emptied", "removed")}
HARMLESS |= {(kind, "removed") for kind in ("checkpoint", "way", "frames")}
HARMLESS |= {(kind, harm) for kind in ("kept-aside", "frames-kept-aside") for harm in ("flipped", "emptied", "removed")}
"""Notes, and files that may rightly not be there."""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("harm", HARMS)
def test_every_harm_to_every_file_is_reported(mine: Path, harm: str) -> None:
    for file, name in list(files_in(mine)):
        if name is None or (name.kind, harm) in HARMLESS:
            continue
        kept = file.read_bytes()
        HARMS[harm](file)
        assert file in reported(mine), f"{file} {harm}"
        session_state(mine)
        shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
        file.write_bytes(kept)
    assert reported(mine) == set()


def test_every_file_of_another_session_is_reported(mine: Path, foreign: Path) -> None:
    for file, name in list(files_in(mine)):
        if name is None or TABLE[name.kind].form == "note":
            continue
        kept = file.read_bytes()
        if (foreign / name.place).read_bytes() == kept:
            continue  # a round that both have from a third session
        shutil.copy(foreign / name.place, file)
        assert reported(mine), f"{file} of another session"
        file.write_bytes(kept)


WRONG = {
    "another session's round": ("rounds/a/000.msgpack", "rounds/a/000.msgpack", "round 0 of branch 'a' of session"),
    "another session's initial weights": ("rounds/a/initial.msgpack",) * 2 + ("the initial weights of branch 'a'",),
    "another session's early weights": ("rounds/a/early-13.msgpack",) * 2 + ("the weights after generation 13 of",),
    "another session's header": ("session.msgpack", "session.msgpack", "the header of session"),
}


@pytest.mark.parametrize("what", WRONG)
def test_opening_refuses_what_belongs_to_another_session(mine: Path, foreign: Path, what: str) -> None:
    source, target, said = WRONG[what]
    shutil.copy(foreign / source, mine / target)
    with pytest.raises(Damaged, match=rf"{target} is damaged: it is {said}.*, where .* belongs\. .*\. Nothing was"):
        Session.open(mine)
    assert mine / target in reported(mine)


@pytest.mark.parametrize(("one", "other"), [("ticket-000", "ticket-001"), ("000", "001")])
def test_swapped_files_are_refused(mine: Path, one: str, other: str) -> None:
    first, second = (mine / f"rounds/theirs/{name}.msgpack" for name in (one, other))
    kept = first.read_bytes()
    shutil.copy(second, first)
    second.write_bytes(kept)
    assert {first, second} <= reported(mine)
    with pytest.raises(Damaged, match=r"round 1 of branch '(theirs|snr)' of session .* where .*round 0 of branch"):
        Session.open(mine)


def test_an_adopted_round_names_the_session_that_trained_it(mine: Path, shared_lab: Any) -> None:
    donor = read_header(SessionDirectory(shared_lab.path("donor"))).id
    ledger = read_view(mine).ledger
    origin = ledger.files[FileName("round", "theirs", 1)].origin
    assert origin is not None
    assert (origin.session, origin.branch, origin.number) == (donor, "snr", 1)
    assert ledger.files[FileName("ticket", "theirs", 1)].origin is None
    assert donor != ledger.session


def test_a_version_of_ones_own_past_is_refused(lab: Any, mine: Path) -> None:
    """Two copies of one session went different ways; their files say the same of themselves."""
    copy = Path(shutil.copytree(mine, lab.path("copy")))
    for path, pruner in ((mine, "random"), (copy, "magnitude")):
        with Session.open(path) as session:
            session.set_pruning("b", {"rounds": 3})
            session.switch_pruner("b", pruner)
            session.run()
    shutil.copy(copy / "rounds/b/002.msgpack", mine / "rounds/b/002.msgpack")
    assert reported(mine) == {mine / "rounds/b/002.msgpack"}
    with Session.open(mine) as session, pytest.raises(Damaged, match="another version of round 2 of branch 'b'"):
        session.preview_pruning("b")


def test_the_checkpoint_of_another_history_is_refused(lab: Any) -> None:
    """One copy of a session was tuned in round 0: mask and start of round 1 are others, and the spec is the same."""
    session = lab.create()
    session.step(30)
    session.close()
    copy = Path(shutil.copytree(session.path, lab.path("copy")))
    with Session.open(copy) as tuned:
        tuned.tune({"std": 0.3})
    for path in (session.path, copy):
        with Session.open(path) as opened:
            opened.step(50)
    shutil.copy(copy / "checkpoint.msgpack", session.path / "checkpoint.msgpack")
    with (
        Session.open(session.path) as opened,
        pytest.raises(TicketError, match="is not a checkpoint of this session's"),
    ):
        opened.run()


def test_the_checkpoint_of_another_session_is_not_used(lab: Any, whole: Path) -> None:
    sessions = [lab.create(name) for name in ("mine", "other")]
    for session in sessions:
        session.step(90)
        lab.kill(session)
    mine, other = (session.path for session in sessions)
    shutil.copy(other / "checkpoint.msgpack", mine / "checkpoint.msgpack")
    assert reported(mine) == {mine / "checkpoint.msgpack"}
    lab.go_on(mine)
    (remark,) = read_view(mine).remarks
    assert "it is a checkpoint of session" in remark.text
    lab.assert_same(whole, mine, rounds=3)


def test_weights_that_the_journal_does_not_know_are_drawn_again(lab: Any, whole: Path) -> None:
    """As when a process is killed between the file and its record."""
    session = lab.create()
    ledger = session.view.ledger
    SessionDirectory(session.path, ledger).write(FileName("initial", "snr"), b"no weights at all")
    lab.kill(session)
    (finding,) = [one for one in verify(session.path) if one.path.name == "initial.msgpack"]
    assert (finding.ok, finding.what) == (
        True,
        "the journal does not mention the initial weights of branch 'snr': it is not used",
    )
    lab.assert_same(whole, lab.go_on(session.path), rounds=3)


def test_frames_are_apart_and_come_where_they_were_taken(lab: Any) -> None:
    path = lab.finished("framed")
    payloads = map(bytes, read_records(SessionDirectory(path).journal).payloads)
    kinds = [payload for payload in payloads if b"\xa5Frame" in payload]
    assert kinds == []
    frames = read_view(path).branches["snr"].rounds[0].frames
    assert len(frames) > 5
    assert frames[-1].generation == 60
    journal, apart = (file.stat().st_size for file in (path / "journal.msgpack", path / "frames.msgpack"))
    assert journal < apart / 5


def test_damaged_frames_cost_pictures_and_nothing_else(lab: Any, whole: Path) -> None:
    session = lab.create()
    session.step(90)
    path = lab.kill(session)
    (path / "frames.msgpack").write_bytes(b"nothing of ours")
    assert read_view(path).branches["snr"].rounds[0].frames == []
    lab.assert_same(whole, lab.go_on(path), rounds=3)
    assert (path / "frames.damaged-0-2").read_bytes() == b"nothing of ours"
    assert read_view(path).branches["snr"].rounds[2].frames != []


def test_an_old_session_is_unsealed_and_not_damaged(lab: Any) -> None:
    path = Path(shutil.copytree(Path(__file__).parent / "golden" / "schema_1", lab.path("old")))
    assert reported(path) == set()
    unsealed = {finding.path.name for finding in verify(path) if "unsealed: an early version wrote it" in finding.what}
    assert unsealed >= {"session.msgpack", "checkpoint.msgpack", "initial.msgpack", "000.msgpack"}
    Session.open(path).close()
    ledger = read_view(path).ledger
    assert (bool(ledger.session), ledger.is_sealed, reported(path)) == (True, False, set())
    Session.open(path).close()
    assert read_view(path).ledger.session == ledger.session


def test_every_kind_of_file_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    for kind in TABLE.values():
        name = kind.place.rpartition("/")[2].replace("{number:03d}", "NNN")
        shown = name.replace("early-{number}", "early-G").replace("log.{number}", "log.1").replace("{number}", "OFFSET")
        assert f"{shown}`" in page, kind.place


def test_an_old_file_of_another_size_is_refused_before_it_is_used(lab: Any) -> None:
    path = Path(shutil.copytree(Path(__file__).parent / "golden" / "schema_1", lab.path("old")))
    mask = np.ones((2, 7), bool)
    payload = encode_round(RoundArrays(mask, mask.astype(np.float32), None))
    body = len(payload).to_bytes(8, "little") + payload
    (path / "rounds/snr/001.msgpack").write_bytes(b"TXSEALS\x01" + zlib.crc32(body).to_bytes(4, "little") + body)
    assert reported(path) == {path / "rounds/snr/001.msgpack"}
    with Session.open(path) as session, pytest.raises(Damaged, match=r"it holds \(2, 7\) entries, where \(2, "):
        session.preview_pruning("again")
