"""Whole files, replaced atomically: a file is its old or its new content at every moment.

A file is written under a temporary name and renamed. Reading never blocks on something that is not a file: a directory,
a pipe, a socket.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from sessions.store.errors import Damaged, told
from sessions.store.file_table import TEMPORARY
from sessions.store.system import AT_ONCE, BINARY, replace, sync, sync_directory

_GROUP_S = stat.S_ISGID | stat.S_IRWXG


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace a file by `data`, or leave it as it was.

    Args:
        path: The file; its directory exists.
        data: Its new content.
        durable: Wait until it would survive a power failure. A killed process needs no such wait.

    Raises:
        DiskFull: if there is no room; the old file stays.
        DiskRefused: if the file system refuses for another reason; the old file stays.
    """
    beside = temporary_name(path)
    with told(path):
        try:
            _write_new(beside, data, durable)
            replace(beside, path)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
        if durable:
            sync_directory(path.parent)


def write_private(path: Path, data: bytes) -> None:
    """Replace a file by `data`, readable only for its owner, whatever its directory says; a power failure may cost it.

    Raises:
        OSError: if that can't be done; the old file stays.
    """
    beside = temporary_name(path)
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o600), "wb") as file:
            file.write(data)
        replace(beside, path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def temporary_name(path: Path) -> Path:
    """A new hidden name next to `path`, for a file that is then renamed to it."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`, in one call unless the system takes only a part of it."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        Damaged: if it is missing, or is a directory, a pipe or something else.
        DiskRefused: if it can't be read.
    """
    with told(path):
        try:
            file = open(path, "rb", buffering=0, opener=_at_once)  # noqa: SIM115
        except FileNotFoundError:
            raise Damaged(path, "it is missing") from None
        except IsADirectoryError:
            raise Damaged(path, "it is a directory, not a file") from None
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise Damaged(path, "it is a pipe, a socket or a device, not a file")
        return file


def read_whole(path: Path) -> bytes:
    """All bytes of a file; raises what `open_file` does."""
    with open_file(path) as file, told(path):
        return file.read()


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | AT_ONCE)


def mode_of_new(path: Path) -> int:
    """The mode of a new file, by its directory: private in a private directory, the group's in a group's."""
    return stat.S_IMODE(path.parent.stat().st_mode) & 0o666


def is_shared(directory: Path) -> bool:
    """Whether a directory belongs to a group: then its files do too, whatever the umask."""
    return bool(directory.stat().st_mode & stat.S_ISGID)


def is_a_group_s(directory: Path) -> bool:
    """Whether somebody gave a directory to a group on purpose: whose members may write there, whatever the umask."""
    try:
        return directory.stat().st_mode & _GROUP_S == _GROUP_S
    except OSError:
        return False


def make_directory(path: Path) -> None:
    """Make a directory with its parent's permissions: private, or its group's."""
    path.mkdir(stat.S_IMODE(path.parent.stat().st_mode) & 0o777, exist_ok=True)
    if is_shared(path.parent):
        path.chmod(stat.S_IMODE(path.parent.stat().st_mode))


def _write_new(path: Path, data: bytes, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, mode_of_new(path))
    try:
        if is_shared(path.parent):
            os.fchmod(descriptor, mode_of_new(path))
        write_all(descriptor, data)
        if durable:
            sync(descriptor)
    finally:
        os.close(descriptor)
