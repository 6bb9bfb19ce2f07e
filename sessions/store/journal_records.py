"""The format of a journal, and reading it while another process may be writing it.

An eight-byte magic, whose last byte is the version, then records: the CRC-32 of what follows, the
payload's length (both little-endian, 32 bits), the payload. Reading stops at the first record that
is not whole and right, so a reader needs no lock: it sees a prefix of what was appended.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sessions.store.errors import Damaged, NewerSchema, told
from sessions.store.files import open_file

MAGIC = b"TXJOURN\x01"

_HEADER = struct.Struct("<II")
_LENGTH = struct.Struct("<I")
_MOST = 2**32 - 1
_SEARCHED_BYTES = 2**20
_CHECKSUMMED_BYTES = 2**26
_PIECE = 2**22


@dataclass(frozen=True)
class Records:
    """The whole records in a part of a journal."""

    payloads: list[memoryview]
    """Parts of what was read: nothing is copied."""
    end: int
    """The offset after the last of them: where to read on."""
    torn: int
    """How many bytes follow that are not a whole record (yet)."""


def frame(payload: bytes) -> bytes:
    """The record that holds a payload.

    Raises:
        ValueError: if the payload is empty or does not fit 32 bits of length.
    """
    if not 0 < len(payload) <= _MOST:
        raise ValueError(f"a record holds 1 to {_MOST} bytes, not {len(payload)}")
    body = _LENGTH.pack(len(payload)) + payload
    return _LENGTH.pack(zlib.crc32(body)) + body


def read_records(path: Path, start: int = 0, end: int | None = None) -> Records:
    """The whole records of a journal between two offsets; an unfinished tail is ignored.

    Args:
        path: The journal's file.
        start: 0, or an `end` that was returned before.
        end: Read no byte at or after this offset; None: read to the end of the file.

    Raises:
        Damaged: if the file is missing, is not a journal, or ends before `start`.
        NewerSchema: if a newer version wrote it.
        DiskRefused: if it can't be read.
    """
    data, first = _read(path, start, end)
    payloads: list[memoryview] = []
    view, position, size, header, unpack = memoryview(data), 0, len(data), _HEADER.size, _HEADER.unpack_from
    while position + header <= size:
        checksum, length = unpack(data, position)
        following = position + header + length
        if not length or following > size or zlib.crc32(view[position + 4 : following]) != checksum:
            break
        payloads.append(view[position + header : following])
        position = following
    return Records(payloads, first + position, size - position)


def payloads_of(path: Path) -> Iterator[memoryview]:
    """The payloads of all whole records, read piece by piece: of a long file little is in memory at once.

    Raises:
        TicketError: as `read_records` does.
    """
    start, piece = 0, _PIECE
    while True:
        found = read_records(path, start, start + piece)
        yield from found.payloads
        if found.end + found.torn < start + piece:  # the file ends here
            return
        start, piece = found.end, (_PIECE if found.payloads else piece * 2)  # a record may be longer than a piece


def is_damage(tail: bytes) -> bool:
    """Whether bytes that don't begin with a whole record are more than one unfinished record.

    True if the first record is complete but wrong, or if further records follow it. Zeros, which a
    file system may leave after a power failure, are an unfinished record. When in doubt, true.
    """
    if len(tail) < _HEADER.size or not tail.strip(b"\0"):
        return False
    _, length = _HEADER.unpack_from(tail)
    if 0 < length <= len(tail) - _HEADER.size:
        return True
    return len(tail) > _SEARCHED_BYTES or _holds_record(tail)


def _holds_record(tail: bytes) -> bool:
    view, budget = memoryview(tail), _CHECKSUMMED_BYTES
    for position in range(1, len(tail) - _HEADER.size):
        checksum, length = _HEADER.unpack_from(tail, position)
        following = position + _HEADER.size + length
        if not length or following > len(tail):
            continue
        budget -= length
        if budget < 0 or zlib.crc32(view[position + 4 : following]) == checksum:
            return True
    return False


def _read(path: Path, start: int, end: int | None) -> tuple[bytes, int]:
    """The bytes from the first record at or after `start`, and their offset in the file."""
    with open_file(path) as file, told(path):
        size = os.fstat(file.fileno()).st_size
        check_magic(file.read(len(MAGIC)), path)
        first = max(start, len(MAGIC))
        if start > size:
            raise Damaged(path, f"it ends at byte {size}, before byte {start}, where reading was to go on")
        file.seek(first)
        return (file.read() if end is None else file.read(max(0, end - first))), first


def check_magic(magic: bytes, path: Path) -> None:
    """Refuse bytes that are not the beginning of a journal that this version reads."""
    if magic[:-1] != MAGIC[:-1] or len(magic) != len(MAGIC):
        raise Damaged(path, "it doesn't start like a journal")
    if magic[-1] > MAGIC[-1]:
        raise NewerSchema(path, magic[-1], MAGIC[-1])
    if magic != MAGIC:
        raise Damaged(path, "it doesn't start like a journal")
