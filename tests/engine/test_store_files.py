"""Whole files are old or new, never between, and a changed byte is noticed."""

import errno
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.store.errors import Damaged, DiskFull, DiskRefused, NewerSchema
from sessions.store.files import read_whole, seal, unseal, write_atomic
from ticket_explorer.errors import TicketError


@given(st.binary(max_size=300))
def test_a_seal_gives_back_what_it_got(payload: bytes) -> None:
    assert unseal(seal(payload), "here") == payload


@given(st.binary(max_size=60), st.data())
def test_no_changed_bit_and_no_cut_passes_a_seal(payload: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(payload))
    cut = data.draw(st.integers(0, len(sealed) - 1))
    with pytest.raises(Damaged):
        unseal(bytes(sealed[:cut]), "here")
    with pytest.raises(Damaged):
        unseal(bytes(sealed) + b"\0", "here")
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((Damaged, NewerSchema)):
        unseal(bytes(sealed), "here")


@given(st.binary(max_size=200))
def test_other_bytes_are_no_sealed_file(data: bytes) -> None:
    with pytest.raises(TicketError):
        unseal(data, "here")


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
    with pytest.raises(DiskRefused, match="is a directory"):
        read_whole(tmp_path)
    with pytest.raises(Damaged, match="missing"):
        read_whole(tmp_path / "file")
