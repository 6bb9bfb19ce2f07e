"""Seals detect every changed byte, and every intact file that belongs elsewhere.

A sealed file is a magic, a version byte, the CRC-32 of the rest (which begins from the version less one), the length
of what follows, then, since version 2, the file's identity (two bytes of length and a msgpack array of session, kind,
branch and number), and the payload. Files of version 1 have no identity, only the payload.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sessions.store.errors import UNREADABLE, Damaged, NewerSchema
from sessions.store.file_table import FileName

_MAGIC = b"TXSEALS"
_VERSION = 2
_HEADER = struct.Struct("<7sBI")
_LENGTH = struct.Struct("<Q")
_START = _HEADER.size + _LENGTH.size
_SIZE = struct.Struct("<H")
BEGINNING = _START + _SIZE.size + 512
"""Bytes within which any seal ends."""


class Seal(msgspec.Struct, frozen=True, array_like=True):
    """The identity of a file."""

    session: str
    """The session's id; empty if it has none."""
    kind: str
    branch: str = ""
    number: int = 0

    @classmethod
    def of(cls, session: str, name: FileName) -> "Seal":
        """The seal of a session's file."""
        return cls(session, name.kind, name.branch, name.number)

    def __str__(self) -> str:
        session = f"session {self.session[:8]}" if self.session else "a session without an id"
        return f"{FileName(self.kind, self.branch, self.number)} of {session}"


@dataclass(frozen=True)
class Opened:
    """The content of a sealed file."""

    seal: Seal | None
    """The file's identity; None for a file of an early version, which has none."""
    payload: bytes


def seal(payload: bytes, who: Seal) -> bytes:
    """`payload` with a checksum and an identity, so that a change or a wrong place is noticed."""
    said = msgspec.msgpack.encode(who)
    body = _LENGTH.pack(_SIZE.size + len(said) + len(payload)) + _SIZE.pack(len(said)) + said + payload
    return _HEADER.pack(_MAGIC, _VERSION, zlib.crc32(body, _VERSION - 1)) + body


def unseal(data: bytes, path: Path | str) -> Opened:
    """The content of sealed bytes.

    Args:
        data: The bytes that `seal` returned.
        path: The file that the bytes come from, for the message.

    Raises:
        Damaged: if the bytes are not exactly what `seal` returned.
        NewerSchema: if a newer version sealed them.
    """
    version, checksum = _checked_start(data, path)
    (length,) = _LENGTH.unpack_from(data, _HEADER.size)
    if length != len(data) - _START:
        raise Damaged(path, f"it holds {len(data) - _START} of {length} bytes")
    if zlib.crc32(memoryview(data)[_HEADER.size :], version - 1) != checksum:
        raise Damaged(path, "its checksum is wrong")
    if version == 1:
        return Opened(None, data[_START:])
    who, end = _said(data, path)
    return Opened(who, data[end:])


def read_seal(path: Path, beginning: bytes) -> Seal | None:
    """A file's identity by its first `BEGINNING` bytes, without the checksum; None for early versions.

    Raises:
        Damaged: if it doesn't start like a sealed file.
        NewerSchema: if a newer version sealed it.
    """
    version, _ = _checked_start(beginning, path)
    return None if version == 1 else _said(beginning, path)[0]


def _checked_start(data: bytes, path: Path | str) -> tuple[int, int]:
    """Version and checksum."""
    if len(data) < _START:
        raise Damaged(path, f"it ends after {len(data)} bytes")
    magic, version, checksum = _HEADER.unpack_from(data)
    if magic != _MAGIC or version == 0:
        raise Damaged(path, "it doesn't start like a sealed file")
    if version > _VERSION:
        raise NewerSchema(path, version, _VERSION)
    return version, checksum


def _said(data: bytes, path: Path | str) -> tuple[Seal, int]:
    """The file's identity, and where the payload begins."""
    try:
        (size,) = _SIZE.unpack_from(data, _START)
        end = _START + _SIZE.size + size
        return msgspec.msgpack.decode(data[_START + _SIZE.size : end], type=Seal), end
    except (struct.error, *UNREADABLE):
        raise Damaged(path, "it doesn't say which session it belongs to") from None
