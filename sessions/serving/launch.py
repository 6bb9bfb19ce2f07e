"""Starts an engine process from a face that must not import JAX.

The process outlives the face: it has a process group of its own, and its output goes to a private file, and to the log
in the session's directory as soon as it has the session, so a closing terminal can't stop it.
"""

import asyncio
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from sessions.serving.first_line import FAILED, LISTENING, REFUSED
from sessions.specs.spec import Table
from sessions.store.system import detached
from ticket_explorer.child_process import python
from ticket_explorer.errors import TicketError

LINGER = 30.0
"""Seconds that an idle engine waits for a client to come back."""
ENDING = 5.0
"""The most seconds that a process takes to end after it has closed its output."""


class NewSession(NamedTuple):
    """What an engine makes its session from."""

    spec: Table
    is_shared: bool = False
    """Whether its directory's group may continue it too."""


async def launch(path: Path, run: bool = False, new: NewSession | None = None, device: str | None = None) -> None:
    """Start the engine of a session, and wait until it can be attached to.

    Args:
        path: The session's directory.
        run: Whether to run to the end at once, or to wait paused.
        new: What to make the session from first; None if it exists.
        device: What it computes on: `cpu`, `gpu`, or `gpu:1` for one of several; None has JAX choose.

    Raises:
        TicketError: with the engine's sentence, if it can't start.
    """
    options = ["--linger", str(LINGER), *(["--run"] if run else []), *([] if new is None else ["--create"])]
    if new is not None and new.is_shared:
        options.append("--shared")
    if device is not None:
        options += ["--device", device]
    command = python("sessions.serving.server", str(path), *options)
    given = b"" if new is None else msgspec.json.encode(new.spec)
    await asyncio.to_thread(_start, command, path, given)


def _start(command: list[str], path: Path, given: bytes) -> None:
    """Start a process, write its input, and wait for its first line."""
    errors, name = tempfile.mkstemp(prefix="ticket-explorer-", suffix=".log")
    log = Path(name)
    with open(errors, "wb") as stream:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream, **detached())
    reaper = threading.Thread(target=process.wait, name="reap", daemon=True)
    reaper.start()
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(given)
    with process.stdout as stdout:
        word, _, rest = stdout.readline().decode(errors="replace").rstrip("\n").partition(" ")
    if word == REFUSED:
        log.unlink(missing_ok=True)
        raise TicketError(rest)
    if word != LISTENING:
        reaper.join(ENDING)
        what = rest if word == FAILED else _ended(process.returncode)
        raise TicketError(f"The engine can't start: {what.rstrip('.')}. Its output is in {log}.")
    log.unlink(missing_ok=True)  # from here on the log in the session's directory takes its output


def _ended(code: int | None) -> str:
    if code is None:
        return "it closed its output without a message"
    if code >= 0:
        return f"its process ended with code {code}, without a message"
    by = signal.Signals(-code).name
    why = ", as the system does when memory runs out" if by == "SIGKILL" else ""
    return f"its process was ended by {by}{why}"
