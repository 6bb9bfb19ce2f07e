"""`run fashion` as a person starts it: its memory, the stalls between rounds, and the size of a round's file."""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure
from sessions.messages import events
from sessions.store import SessionDirectory, read_records
from sessions.store.round_file import decode_round
from sessions.views.reading import decoded

RUN = "from widgets.cli import main; main()"


def measure() -> list[Figure]:
    with TemporaryDirectory() as place:
        session = Path(place) / "whole.session"
        command = [sys.executable, "-c", RUN, "run", "fashion", "--session", str(session), "--json"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"TICKET_EXPLORER_HOME": place})
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise SystemExit(f"the run ended with status {status}")
        directory = SessionDirectory.open_for_reading(session)
        found = stalls(directory)
        return [
            Figure("peak resident memory of `run fashion`", usage.ru_maxrss / 1e6, 1.0, at_least=False, unit="GB"),
            Figure("stall between rounds, median", median(found), 0.25, at_least=False, unit="s"),
            Figure("stall between rounds, longest", max(found), 0.25, at_least=False, unit="s"),
            Figure("size of a round's file against its bound, largest", largest(directory), 1.0, at_least=False),
        ]


def stalls(directory: SessionDirectory) -> list[float]:
    """Seconds from a round's last block of metrics to the next round's first block, less that block's own time.

    One number for each round but the first.
    """
    found = []
    last: events.Generations | None = None
    rate = 0.0
    for event in decoded(read_records(directory.journal).payloads, directory.journal):
        if isinstance(event, events.Generations):
            if last is not None and (event.branch, event.round) != (last.branch, last.round):
                found.append(max(event.at - last.at - event.count * rate, 0.0))
            elif last is not None:
                rate = (event.at - last.at) / event.count
            last = event
    return found


def largest(directory: SessionDirectory) -> float:
    """The largest size of a round's file relative to its bound: 8 bytes a kept entry + D/8 + 4 KiB per replicate."""
    shares = []
    for branch in directory.branches():
        for number in directory.rounds(branch):
            path = directory.round_path(branch, number)
            mask = decode_round(directory.read_round(branch, number), path).mask
            bound = 8 * mask.sum() + mask.size / 8 + 4096 * mask.shape[0]
            shares.append(path.stat().st_size / bound)
    return float(max(shares))
