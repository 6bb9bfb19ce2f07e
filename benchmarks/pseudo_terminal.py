"""Runs a program in a pseudo-terminal: starts it, types keys, reads its output and takes times."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self


class PseudoTerminal:
    """Runs one program on a terminal of its own, with truecolor, by default 120 × 36."""

    def __init__(self, command: Sequence[str], columns: int = 120, rows: int = 36, **environment: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.perf_counter()
        settings: Mapping[str, str] = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        self.process = subprocess.Popen(
            list(command), stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **settings}, close_fds=True
        )
        os.close(slave)
        self.seen = b""

    def press(self, keys: str) -> float:
        """Type keys; returns the time."""
        os.write(self._master, keys.encode())
        return time.perf_counter()

    def until(self, pattern: bytes, seconds: float = 60.0, since_now: bool = True) -> float:
        """Wait until the output matches a pattern; returns the time.

        Raises:
            TimeoutError: if it doesn't; the message has the end of the output.
        """
        if since_now:
            self.seen = b""
        wanted, limit = re.compile(pattern, re.DOTALL), time.perf_counter() + seconds
        while not wanted.search(self.seen):
            left = limit - time.perf_counter()
            if left <= 0 or not self._take(left):
                raise TimeoutError(f"{pattern!r} did not appear; the last of the output: {self.seen[-600:]!r}")
        return time.perf_counter()

    def drain(self, seconds: float) -> None:
        """Read the output for some seconds, as a terminal does."""
        limit = time.perf_counter() + seconds
        while (left := limit - time.perf_counter()) > 0 and self._take(left):
            self.seen = self.seen[-100_000:]

    def read(self, seconds: float) -> bytes | None:
        """What the program wrote, waiting at most so many seconds; None if it has ended."""
        if not select.select([self._master], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._master, 65536)
        except OSError:
            return None

    def close(self) -> None:
        """Kill the program."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def _take(self, seconds: float) -> bool:
        """Read once; returns whether the program is still running."""
        taken = self.read(seconds)
        self.seen += taken or b""
        return taken is not None
