"""A sealed file says who it is, and a changed byte is noticed."""

import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.store.errors import Damaged, NewerSchema
from sessions.store.seals import BEGINNING, Opened, Seal, read_seal, seal, unseal
from ticket_explorer.errors import TicketError

WHO = Seal("0123456789abcdef", "round", "snr 0.2", 7)


@given(st.binary(max_size=300))
def test_a_seal_gives_back_what_it_got(payload: bytes) -> None:
    assert unseal(seal(payload, WHO), "here") == Opened(WHO, payload)


@given(st.binary(max_size=60), st.data())
def test_no_changed_bit_and_no_cut_passes_a_seal(payload: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(payload, WHO))
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


def test_who_it_is_stands_in_its_beginning() -> None:
    longest = Seal("f" * 32, "initial", "b" * 64, 10**9)
    assert read_seal(Path("here"), seal(bytes(5000), longest)[:BEGINNING]) == longest


def test_files_of_the_first_version_say_nothing_of_themselves() -> None:
    payload = b"payload"
    body = len(payload).to_bytes(8, "little") + payload
    old = b"TXSEALS\x01" + zlib.crc32(body).to_bytes(4, "little") + body
    assert unseal(old, "here") == Opened(None, payload)
    assert read_seal(Path("here"), old) is None
