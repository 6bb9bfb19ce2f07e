"""A full disk costs nothing that was written, and work goes on once there is room."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sessions.store import FileName, JournalFile, SessionDirectory, read_records
from sessions.store.errors import DiskFull
from sessions.store.verify import verify_files

INITIAL = FileName("initial", "snr")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not shutil.which("mount") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("a small disk is made by root only")
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no small disk: {made.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take all the room that is left."""
    path = disk / "ballast"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            return path


def append_until_full(journal: JournalFile, payloads: list[bytes]) -> int:
    """How many of them found room."""
    for number, payload in enumerate(payloads):
        try:
            journal.append(payload)
        except DiskFull:
            return number
    return len(payloads)


def test_nothing_is_lost_and_it_goes_on_after_freeing(small_disk: Path) -> None:
    session = SessionDirectory.create(small_disk / "mine.session", b"header")
    session.write(INITIAL, b"round")
    session.write_checkpoint(b"state")
    payloads = [bytes([number]) * 700 for number in range(200)]
    ballast = fill(small_disk)
    with JournalFile.open(session.journal) as journal:
        appended = append_until_full(journal, payloads)
        assert 0 < appended < len(payloads)
        assert session.journal.stat().st_size == journal.offset
        for write in (
            lambda: session.write(INITIAL, b"x" * 9000),
            lambda: session.write_checkpoint(b"x" * 9000),
        ):
            with pytest.raises(DiskFull):
                write()
        assert (session.read(INITIAL), session.read_checkpoint()) == (b"round", b"state")
        assert list(session.leftovers()) == []
        ballast.unlink()
        for payload in payloads[appended:][:50]:
            journal.append(payload)
    assert read_records(session.journal).payloads == payloads[: appended + 50]
    assert [finding.path.name for finding in verify_files(session) if not finding.ok] == [
        "initial.msgpack"
    ]  # no arrays


def test_no_room_for_a_session_leaves_no_session(small_disk: Path) -> None:
    fill(small_disk)
    with pytest.raises(DiskFull):
        SessionDirectory.create(small_disk / "mine.session", b"x" * 20_000)
    assert os.listdir(small_disk) == ["ballast"]


def test_no_room_to_keep_damaged_records_leaves_the_journal_as_it_was(small_disk: Path) -> None:
    path = small_disk / "journal.msgpack"
    with JournalFile.create(path) as journal:
        for number in range(20):
            journal.append(bytes([number]) * 900)
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)
    ballast = fill(small_disk)
    with pytest.raises(DiskFull):
        JournalFile.open(path)
    assert path.read_bytes() == data
    ballast.unlink()
    with JournalFile.open(path) as journal:
        assert journal.kept_aside is not None
        assert path.read_bytes() + journal.kept_aside.read_bytes() == data
