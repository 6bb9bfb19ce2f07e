"""The journal loses no whole record and shows no wrong one, wherever it was cut or changed."""

import errno
import os
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from sessions.store import JournalFile, journal_records, read_records
from sessions.store.errors import Damaged, DiskFull, DiskRefused, NewerSchema, SessionExists
from sessions.store.journal_records import MAGIC, frame
from ticket_explorer.errors import TicketError

PAYLOADS = [b"first", b"\0" * 7, bytes(range(200)), b"x", struct.pack("<6I", 1, 2, 0, 40, 0, 3)]


def written(path: Path, payloads: list[bytes] = PAYLOADS) -> list[int]:
    with JournalFile.create(path) as journal:
        return [len(MAGIC), *(journal.append(payload) for payload in payloads)]


def payloads_in(path: Path) -> list[bytes]:
    return read_records(path).payloads


def recovered(path: Path) -> tuple[JournalFile, list[bytes]]:
    return JournalFile.open(path), payloads_in(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.msgpack"


def test_reads_what_was_appended_from_any_record_on(path: Path) -> None:
    ends = written(path)
    for first, start in enumerate(ends):
        for last, end in enumerate(ends[first:], first):
            records = read_records(path, start, end)
            assert (records.payloads, records.end, records.torn) == (PAYLOADS[first:last], end, 0)
    assert payloads_in(path) == PAYLOADS
    with pytest.raises(Damaged, match="before byte"):
        read_records(path, ends[-1] + 1)


def test_cut_at_every_byte_it_recovers_the_whole_records_and_goes_on(path: Path) -> None:
    ends, whole = written(path), path.read_bytes()
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        expected = PAYLOADS[: sum(end <= size for end in ends[1:])]
        journal, payloads = recovered(path)
        assert payloads == expected
        assert journal.offset == max(len(MAGIC), *(end for end in ends if end <= max(size, len(MAGIC))))
        assert journal.torn_bytes == max(0, size - journal.offset)
        assert journal.kept_aside is None
        end = journal.append(b"afterwards")
        journal.close()
        assert payloads_in(path) == [*expected, b"afterwards"]
        assert path.stat().st_size == end
    assert os.listdir(path.parent) == [path.name]


def test_any_changed_byte_gives_a_prefix_or_a_sentence_and_destroys_nothing(path: Path) -> None:
    written(path)
    whole, chance = path.read_bytes(), random.Random(0)
    for position in [*range(len(whole)), *(chance.randrange(len(whole)) for _ in range(200))]:
        changed = bytearray(whole)
        changed[position] ^= chance.randrange(1, 256)
        path.write_bytes(changed)
        if position < len(MAGIC):
            with pytest.raises((Damaged, NewerSchema)):
                JournalFile.open(path)
            continue
        journal, payloads = recovered(path)
        journal.close()
        assert payloads == PAYLOADS[: len(payloads)]
        assert len(payloads) < len(PAYLOADS)
        aside = journal.kept_aside.read_bytes() if journal.kept_aside else b""
        assert len(payloads) == len(PAYLOADS) - 1 or path.read_bytes() + aside == changed
        if journal.kept_aside:
            journal.kept_aside.unlink()


def test_many_changed_bytes_never_give_a_wrong_record(path: Path) -> None:
    written(path, PAYLOADS * 8)
    whole, chance = path.read_bytes(), random.Random(1)
    for _ in range(150):
        changed = bytearray(whole)
        for _ in range(chance.randrange(2, 30)):
            changed[chance.randrange(len(MAGIC), len(whole))] = chance.randrange(256)
        del changed[chance.randrange(len(MAGIC), len(whole)) :]
        path.write_bytes(changed)
        journal, payloads = recovered(path)
        journal.close()
        assert payloads == (PAYLOADS * 8)[: len(payloads)]


def test_damage_twice_at_one_place_is_kept_twice(path: Path) -> None:
    first, second, *_ = written(path)
    for copies in (1, 2):
        data = bytearray(path.read_bytes())
        data[second - 1] ^= 1
        path.write_bytes(data)
        with JournalFile.open(path) as journal:
            journal.append(PAYLOADS[0])
        assert len(list(path.parent.glob(f"journal.damaged-{first}*"))) == copies


@pytest.mark.parametrize("length", [2**31, 2**32 - 1])
def test_an_absurd_length_is_an_unfinished_record(path: Path, length: int) -> None:
    ends = written(path)
    with path.open("ab") as file:
        file.write(struct.pack("<II", 1, length) + b"rest")
    journal, payloads = recovered(path)
    journal.close()
    assert (payloads, journal.offset, journal.torn_bytes) == (PAYLOADS, ends[-1], 12)


def test_zeros_after_a_power_failure_are_cut_and_not_kept(path: Path) -> None:
    written(path)
    with path.open("ab") as file:
        file.write(bytes(4096))
    journal, payloads = recovered(path)
    journal.close()
    assert (payloads, journal.torn_bytes, journal.kept_aside) == (PAYLOADS, 4096, None)


@pytest.mark.parametrize("word", [0x00010101, 0x000F0000, 0x00000001])
def test_a_long_tail_of_plausible_lengths_is_searched_in_bounded_time(path: Path, word: int) -> None:
    written(path)
    with path.open("ab") as file:
        file.write(struct.pack("<II", 0, 2**31) + struct.pack("<I", word) * 2**17)
    journal, payloads = recovered(path)
    journal.close()
    assert payloads == PAYLOADS


def test_an_empty_payload_is_our_own_mistake(path: Path) -> None:
    with JournalFile.create(path) as journal, pytest.raises(ValueError, match="1 to"):
        journal.append(b"")


def test_creates_over_nothing_and_opens_only_journals(path: Path) -> None:
    with pytest.raises(Damaged, match="missing"):
        JournalFile.open(path)
    written(path)
    with pytest.raises(SessionExists):
        JournalFile.create(path)
    path.write_bytes(b"something else")
    with pytest.raises(Damaged, match="start"):
        JournalFile.open(path)
    path.write_bytes(MAGIC[:-1] + b"\x02")
    with pytest.raises(NewerSchema, match="Update it"):
        JournalFile.open(path)


@pytest.mark.parametrize("taken", [0, 1, 8, 9])
@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EIO, DiskRefused)]
)
def test_a_write_that_fails_midway_leaves_the_journal_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, taken: int, number: int, kind: type[TicketError]
) -> None:
    journal = JournalFile.create(path)
    before = journal.append(b"before")
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", failing_write(taken, OSError(number, os.strerror(number))))
        with pytest.raises(kind):
            journal.append(b"too much")
    assert path.stat().st_size == journal.offset == before
    journal.append(b"after")
    journal.close()
    assert payloads_in(path) == [b"before", b"after"]


def test_an_interrupt_after_the_write_keeps_the_record(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, record = JournalFile.create(path), frame(b"whole")
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", failing_write(len(record), KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            journal.append(b"whole")
    assert journal.offset == path.stat().st_size
    journal.append(b"next")
    journal.close()
    assert payloads_in(path) == [b"whole", b"next"]


def test_the_form_on_disk_does_not_change(path: Path) -> None:
    written(path, [b"abc"])
    body = struct.pack("<I", 3) + b"abc"
    assert path.read_bytes() == b"TXJOURN\x01" + struct.pack("<I", zlib.crc32(body)) + body


def failing_write(taken: int, error: BaseException) -> Callable[[int, bytes], int]:
    """A write that takes the first bytes and then raises, as a full disk does."""
    write, calls = os.write, []

    def fail(descriptor: int, data: bytes) -> int:
        calls.append(1)
        if len(calls) > 1 or not taken:
            raise error
        count = write(descriptor, data[:taken])
        if isinstance(error, KeyboardInterrupt):
            raise error
        return count

    return fail


@pytest.mark.parametrize("piece", [1, 20, 64, 2**22])
def test_records_read_piece_by_piece_are_the_same(path, piece, monkeypatch):
    monkeypatch.setattr(journal_records, "_PIECE", piece)
    written(path, PAYLOADS * 3)
    assert list(journal_records.payloads_of(path)) == PAYLOADS * 3
    path.write_bytes(path.read_bytes()[:-4])
    assert list(journal_records.payloads_of(path)) == (PAYLOADS * 3)[:-1]
    path.write_bytes(path.read_bytes() + bytes(100))
    assert list(journal_records.payloads_of(path)) == (PAYLOADS * 3)[:-1]
