"""Sessions that can't be opened, or not as they are: a sentence each, and nothing is lost."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import sessions.session.files
from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.session.session import Session
from sessions.store import FileName, SessionDirectory
from sessions.store.arrays import encode_arrays
from sessions.store.checkpoint import Checkpoint
from sessions.store.errors import Damaged, NewerSchema, NotASession, SessionLocked
from sessions.views.reading import read_view
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough


@pytest.fixture
def halfway(lab: Any) -> Path:
    """A session that stopped thirty generations into its second round."""
    session = lab.create()
    session.step(90)
    path: Path = lab.kill(session)
    return path


def change_checkpoint(path: Path, **changes: Any) -> None:
    directory = SessionDirectory(path)
    payload = directory.read_checkpoint()
    assert payload is not None
    checkpoint = msgspec.msgpack.decode(payload, type=Checkpoint)
    changed = {field: getattr(checkpoint, field) for field in Checkpoint.__struct_fields__} | changes
    directory.trusting(read_view(path).ledger).write_checkpoint(msgspec.msgpack.encode(changed))


@pytest.mark.parametrize("position", [0, 10, 25, 200, -1])
def test_damaged_checkpoint_is_said_and_computed_again(lab: Any, whole: Path, halfway: Path, position: int) -> None:
    file = SessionDirectory(halfway).checkpoint
    data = bytearray(file.read_bytes())
    data[position] ^= 0x40
    file.write_bytes(data)
    lab.go_on(halfway)
    with Session.open(halfway) as session:
        (remark,) = session.view.remarks
    assert str(file) in remark.text
    assert remark.text.endswith("The round starts again from its beginning, with the same result.")
    lab.assert_same(whole, halfway, rounds=3)


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x80", b"\xa2\xff\xfe"])
def test_a_checkpoint_that_holds_something_else(lab: Any, whole: Path, halfway: Path, payload: bytes) -> None:
    SessionDirectory(halfway).trusting(read_view(halfway).ledger).write_checkpoint(payload)
    lab.assert_same(whole, lab.go_on(halfway), rounds=3)


@pytest.mark.parametrize("arrays", [b"", b"\xc1", None], ids=["empty", "no arrays", "other shapes"])
def test_a_checkpoint_with_a_state_of_another_kind(lab: Any, whole: Path, halfway: Path, arrays: bytes | None) -> None:
    """As after an update of the strategies' library: the round starts again."""
    change_checkpoint(halfway, arrays=encode_arrays([np.zeros(3, np.float32)]) if arrays is None else arrays)
    lab.assert_same(whole, lab.go_on(halfway), rounds=3)


def test_checkpoint_of_another_problem(lab: Any, whole: Path, halfway: Path) -> None:
    file = SessionDirectory(halfway).checkpoint
    change_checkpoint(halfway, digest="0" * 64)
    with Session.open(halfway) as session:
        with pytest.raises(TicketError) as caught:
            session.run()
        assert str(caught.value) == (
            f"{file} is not a checkpoint of this session's round 1 of branch "
            "'snr'. Move it away, and the round starts again from its beginning; finished rounds are not touched."
        )
        driver = Driver(session, Goal(to_the_end=True))
        driver.run(stay=False)
        assert (str(driver.failure), session.view.state) == (str(caught.value), "paused")
        assert session.view.branches["snr"].rounds[0].finished
        file.unlink()
    lab.assert_same(whole, lab.go_on(halfway), rounds=3)


def test_checkpoint_of_a_newer_schema(halfway: Path) -> None:
    change_checkpoint(halfway, schema=99)
    with Session.open(halfway) as session, pytest.raises(NewerSchema, match=r"schema 99; this one reads up to 1"):
        session.run()


def test_session_of_a_newer_schema(halfway: Path) -> None:
    directory = SessionDirectory(halfway)
    header = msgspec.msgpack.decode(directory.read_header())
    directory.write(FileName("header"), msgspec.msgpack.encode(header | {"schema": 2, "new": "field"}))
    with pytest.raises(NewerSchema, match=r"written by a newer Ticket Explorer \(schema 2; .*Update it"):
        Session.open(halfway)


def test_other_random_bits(halfway: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions.session.files, "RANDOM_BITS", "other bits")
    with pytest.raises(TicketError, match="it can be viewed, but not continued bit for bit"):
        Session.open(halfway)


def test_locked(lab: Any) -> None:
    with lab.create() as session:
        with pytest.raises(SessionLocked, match="is open in this process already"):
            Session.open(session.path)
        session.step(1)
    Session.open(session.path).close()


@pytest.mark.parametrize("make", [lambda path: None, Path.mkdir, Path.touch], ids=["nothing", "directory", "file"])
def test_not_a_session(lab: Any, make: Callable[[Path], None]) -> None:
    path = lab.path("none")
    make(path)
    with pytest.raises(NotASession):
        Session.open(path)


@pytest.mark.parametrize("name", ["session.msgpack", "journal.msgpack"])
def test_a_damaged_session_frees_its_lock(halfway: Path, name: str) -> None:
    file = halfway / name
    kept = file.read_bytes()
    file.write_bytes(b"\x00" * 100)
    for _ in range(2):
        with pytest.raises(Damaged):
            Session.open(halfway)
    file.write_bytes(kept)
    Session.open(halfway).close()


def test_a_missing_round_is_said(lab: Any, halfway: Path) -> None:
    shutil.rmtree(halfway / "rounds" / "snr")
    with Session.open(halfway) as session, pytest.raises(TicketError, match=r"000\.msgpack is damaged: it is missing"):
        session.run()
