"""Whole files: replaced atomically, and sealed so that a changed byte is always noticed.

A sealed file is a magic, a version byte, the CRC-32 of the rest, the payload's length, the payload.
A file is either its old or its new content at every moment, because it is written beside and renamed.
"""

import os
import secrets
import stat
import struct
import zlib
from contextlib import suppress
from pathlib import Path

from sessions.store.errors import Damaged, NewerSchema, told

TEMPORARY = ".tmp"
"""The suffix of files that are not finished yet; what a killed process left of them is harmless."""

_MAGIC = b"TXSEALS"
_VERSION = 1
_HEADER = struct.Struct("<7sBI")
_LENGTH = struct.Struct("<Q")


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace a file by `data`, or leave it as it was.

    Args:
        path: The file; its directory exists.
        data: All it will hold.
        durable: Wait until it would survive a power failure. A killed process needs no such wait.

    Raises:
        DiskFull: if there is no room; the old file stays.
        DiskRefused: if the file system says no for another reason; the old file stays.
    """
    beside = temporary_name(path)
    with told(path):
        try:
            _write_new(beside, data, durable)
            os.replace(beside, path)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
        if durable:
            sync_directory(path.parent)


def temporary_name(path: Path) -> Path:
    """A new hidden name beside `path`, for what is to be renamed to it."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`, in one call unless the system takes only a part of it."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


def read_whole(path: Path) -> bytes:
    """All bytes of a file.

    Raises:
        Damaged: if it is missing.
        DiskRefused: if it can't be read.
    """
    with told(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise Damaged(path, "it is missing") from None


def seal(payload: bytes) -> bytes:
    """`payload` with what it takes to notice that it was changed."""
    body = _LENGTH.pack(len(payload)) + payload
    return _HEADER.pack(_MAGIC, _VERSION, zlib.crc32(body)) + body


def unseal(data: bytes, path: Path | str) -> bytes:
    """The payload of sealed bytes.

    Args:
        data: What `seal` gave.
        path: Where they are from, for the message.

    Raises:
        Damaged: if they are not exactly what `seal` gave.
        NewerSchema: if a newer version sealed them.
    """
    start = _HEADER.size + _LENGTH.size
    if len(data) < start:
        raise Damaged(path, f"it ends after {len(data)} bytes")
    magic, version, checksum = _HEADER.unpack_from(data)
    if magic != _MAGIC or version == 0:
        raise Damaged(path, "it doesn't begin as a sealed file")
    if version > _VERSION:
        raise NewerSchema(path, version, _VERSION)
    (length,) = _LENGTH.unpack_from(data, _HEADER.size)
    if length != len(data) - start:
        raise Damaged(path, f"it holds {len(data) - start} of {length} bytes")
    if zlib.crc32(memoryview(data)[_HEADER.size :]) != checksum:
        raise Damaged(path, "its checksum is wrong")
    return data[start:]


def mode_of_new(path: Path) -> int:
    """What a new file may be done with, by its directory: a private directory's files are private, a group's its."""
    return stat.S_IMODE(path.parent.stat().st_mode) & 0o666


def is_shared(directory: Path) -> bool:
    """Whether a directory is a group's: then its files are, whatever the umask."""
    return bool(directory.stat().st_mode & stat.S_ISGID)


def make_directory(path: Path) -> None:
    """Make a directory as the one that it lies in: private, or a group's."""
    path.mkdir(stat.S_IMODE(path.parent.stat().st_mode) & 0o777, exist_ok=True)
    if is_shared(path.parent):
        path.chmod(stat.S_IMODE(path.parent.stat().st_mode))


def _write_new(path: Path, data: bytes, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode_of_new(path))
    try:
        if is_shared(path.parent):
            os.fchmod(descriptor, mode_of_new(path))
        write_all(descriptor, data)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
