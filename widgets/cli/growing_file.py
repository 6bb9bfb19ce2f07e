"""A file whose content is known in order: what it holds already is compared, what it lacks is added.

So a writer that was stopped, or killed in the middle of a write, begins again at the beginning, and nothing is in the
file twice.
"""

import os
from pathlib import Path
from typing import final

from sessions.store.errors import told
from sessions.store.files import write_atomic

_AT_ONCE = 2**20
"""Bytes that are kept back at most."""


@final
class GrowingFile:
    """Takes a file's content from its first byte on.

    Args:
        path: The file; its directory exists. It may hold anything.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._end = 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        """Take what comes next: whole records, after each of which the file may end."""
        self._waiting += data
        if len(self._waiting) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Have the file hold what was taken, in one write if it agreed so far."""
        if not self._waiting:
            return
        data, self._waiting = bytes(self._waiting), bytearray()
        with told(self.path):
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                agrees = self._add(file, data)
            finally:
                os.close(file)
        if not agrees:
            write_atomic(self.path, self._known() + data)
        self._end += len(data)

    def settle(self) -> None:
        """Cut what the file holds beyond what was taken."""
        self.flush()
        with told(self.path):
            if self.path.exists() and self.path.stat().st_size > self._end:
                os.truncate(self.path, self._end)

    def _add(self, file: int, data: bytes) -> bool:
        """Write what a file lacks of some data; whether it holds nothing else there."""
        there = os.pread(file, len(data), self._end)
        if not data.startswith(there):
            return False
        lacking = memoryview(data)[len(there) :]
        while lacking:
            lacking = lacking[os.pwrite(file, lacking, self._end + len(data) - len(lacking)) :]
        return True

    def _known(self) -> bytes:
        """What was written so far."""
        with told(self.path), self.path.open("rb") as file:
            return file.read(self._end)
