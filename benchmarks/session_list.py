"""The list of 500 sessions in a fresh process: the first read of all, and one by the index that an earlier one left."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from unittest.mock import patch

from benchmarks.figures import Figure, seconds
from sessions.reports.session_index import index_path
from ticket_explorer.places import VARIABLE, sessions_dir
from widgets.terminal.recorded import recorded_session

SESSIONS = 500
LIST = """
import resource
from sessions.reports.session_list import sessions
assert len(sessions()) == 500
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure() -> list[Figure]:
    with TemporaryDirectory() as place, patch.dict(os.environ, {VARIABLE: place}):
        for number in range(SESSIONS):
            copy(number)
        return measured()


def measured() -> list[Figure]:
    print(f"without an index it took {seconds(listed):.1f} s")
    assert index_path().is_file()
    took = median(seconds(listed) for _ in range(7))
    memory = max(listed() for _ in range(3))
    return [
        Figure("list of 500 sessions of 42 rounds, process and all", took, 0.5, at_least=False, unit="s"),
        Figure("its peak memory", memory, 100.0, at_least=False, unit="MB"),
    ]


def copy(number: int) -> None:
    """A copy of the recorded session, its larger files linked."""
    path = sessions_dir() / f"fashion-{number}.session"
    shutil.copytree(recorded_session(), path, copy_function=_linked)


def listed() -> float:
    """List them in a new process; returns its peak memory in MB."""
    return float(subprocess.run([sys.executable, "-c", LIST], check=True, capture_output=True).stdout)


def _linked(source: str, target: str) -> None:
    """Rounds are linked; journals are copied, so that each is a file of its own."""
    if Path(source).parent.parent.name == "rounds":
        os.symlink(source, target)
    else:
        shutil.copy(source, target)
