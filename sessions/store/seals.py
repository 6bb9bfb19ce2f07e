"""Seals: so that a changed byte is always noticed, and so is a whole file that belongs elsewhere.

A sealed file is a magic, a version byte, the CRC-32 of the rest (which begins from the version less one), the length
of what follows, and then, since version 2, who it is (two bytes of length and a msgpack array of session, kind, branch
and number), and the payload. Files of version 1 say nothing of themselves: they hold the payload alone.
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
"""Bytes in which any seal ends."""


class Seal(msgspec.Struct, frozen=True, array_like=True):
    """Who a file is."""

    session: str
    """The session's id; empty where it has none."""
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
    """What a sealed file holds."""

    seal: Seal | None
    """Who it is; None for a file of an early version, which does not say so."""
    payload: bytes


def seal(payload: bytes, who: Seal) -> bytes:
    """`payload` with what it takes to notice that it was changed, or put elsewhere."""
    said = msgspec.msgpack.encode(who)
    body = _LENGTH.pack(_SIZE.size + len(said) + len(payload)) + _SIZE.pack(len(said)) + said + payload
    return _HEADER.pack(_MAGIC, _VERSION, zlib.crc32(body, _VERSION - 1)) + body


def unseal(data: bytes, path: Path | str) -> Opened:
    """What sealed bytes hold.

    Args:
        data: What `seal` gave.
        path: Where they are from, for the message.

    Raises:
        Damaged: if they are not exactly what `seal` gave.
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
    """Who a file is by its first bytes (`BEGINNING` of them), whatever its checksum; None for early versions.

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
    """Who it is, and where the payload begins."""
    try:
        (size,) = _SIZE.unpack_from(data, _START)
        end = _START + _SIZE.size + size
        return msgspec.msgpack.decode(data[_START + _SIZE.size : end], type=Seal), end
    except (struct.error, *UNREADABLE):
        raise Damaged(path, "it doesn't say which session it belongs to") from None
