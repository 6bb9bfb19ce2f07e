"""What an engine's process takes of the machine: processor, memory, and a GPU's memory where `nvidia-smi` tells.

The system's own files say it (`/proc`), so nothing has to be installed; elsewhere it isn't known.
"""

import os
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sessions.store import SessionDirectory
from sessions.store.address import Condition, condition, read_address
from ticket_explorer.errors import TicketError

PATIENCE = 5.0
"""Seconds that `nvidia-smi` has to answer."""
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Usage:
    """What a process takes now."""

    cores: float | None
    """How many cores it kept busy since the last look; None at the first."""
    memory: int
    """Bytes in memory, those of its children included."""
    gpu_memory: int | None
    """Bytes on GPUs; None if no driver tells."""


class Meter:
    """Measures the engine that has a session, again and again."""

    def __init__(self, session: Path) -> None:
        self._session = session
        self._before: tuple[int, float, float] | None = None
        """The process, its seconds of processor time, and when that was."""

    def look(self) -> Usage | None:
        """What the engine takes now; None if none runs here, or the system doesn't say."""
        process = _process_of(self._session)
        if process is None:
            return None
        family = [process, *_children(process)]
        with suppress(OSError, ValueError, IndexError):
            busy, now = sum(map(_seconds, family)), time.monotonic()
            cores = None
            if self._before is not None and self._before[0] == process and now > self._before[2]:
                cores = max(busy - self._before[1], 0.0) / (now - self._before[2])
            self._before = process, busy, now
            return Usage(cores, sum(map(_memory, family)), _gpu_memory(family))
        return None


def _process_of(session: Path) -> int | None:
    with suppress(TicketError):
        address = read_address(SessionDirectory(session).address)
        if address is not None and condition(address) in (Condition.ALIVE, Condition.SUSPENDED):
            return address.pid
    return None


def _children(process: int) -> list[int]:
    """Its children and theirs: workers of environments."""
    found: list[int] = []
    with suppress(OSError, ValueError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *_children(child)]
    return found


def _seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text(errors="replace").splitlines()
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _gpu_memory(processes: list[int]) -> int | None:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    query = [tool, "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    rows = [line.split(",") for line in told.splitlines() if line.count(",") == 1]
    return sum(1024**2 * int(used) for pid, used in rows if used.strip().isdecimal() and int(pid) in processes)
