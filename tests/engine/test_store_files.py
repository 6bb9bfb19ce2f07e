"""Whole files are old or new, never between, and a changed byte is noticed."""

import errno
import os
import random
from pathlib import Path

import pytest

from sessions.store.errors import Damaged, DiskFull, DiskRefused
from sessions.store.files import read_whole, write_atomic


@pytest.mark.parametrize("durable", [True, False])
def test_replaces_a_file_and_leaves_nothing_else(tmp_path: Path, durable: bool) -> None:
    path, chance = tmp_path / "file", random.Random(0)
    for size in (0, 1, 100_000):
        data = chance.randbytes(size)
        write_atomic(path, data, durable=durable)
        assert read_whole(path) == data
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        with pytest.raises(DiskFull, match="Nothing written so far is lost"):
            write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_what_the_file_system_refuses_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DiskRefused, match="no such file"):
        write_atomic(tmp_path / "missing" / "file", b"")
    with pytest.raises(Damaged, match="is a directory, not a file"):
        read_whole(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Damaged, match="is a pipe, a socket or a device, not a file"):
        read_whole(tmp_path / "pipe")
    with pytest.raises(Damaged, match="missing"):
        read_whole(tmp_path / "file")
