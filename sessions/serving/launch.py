"""Starting an engine process from a face that must not import JAX.

The process outlives the face: it has a group of its own, and what it prints goes to a file beside
its socket, so that nothing that closes can stop it.
"""

import asyncio
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import msgspec

from sessions.serving.wire import socket_path
from sessions.specs.spec import Table
from ticket_explorer.child_process import python
from ticket_explorer.errors import TicketError

LINGER = 30.0
"""Seconds that an engine which computes nothing waits for somebody to come back."""
LISTENING = b"listening"


async def launch(path: Path, run: bool = False, spec: Table | None = None) -> None:
    """Start the engine of a session, and wait until it can be attached to.

    Args:
        path: The session's directory.
        run: Whether to run to the end at once, or to wait paused.
        spec: What to make the session from first; None if it exists.

    Raises:
        TicketError: with the engine's sentence, if it can't start.
    """
    options = ["--linger", str(LINGER), *(["--run"] if run else []), *(["--create"] if spec is not None else [])]
    log = socket_path(path).with_suffix(".log")
    command = python("sessions.serving.server", str(path), *options)
    given = b"" if spec is None else msgspec.json.encode(spec)
    if not (await asyncio.to_thread(_start, command, log, given)).startswith(LISTENING):
        raise TicketError(_last_words(log))


def _start(command: list[str], log: Path, given: bytes) -> bytes:
    """Start a process, hand it what it reads, and wait for its first line; nothing if it ends without one."""
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
    threading.Thread(target=process.wait, name="reap", daemon=True).start()
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin as stdin, suppress(BrokenPipeError):
        stdin.write(given)
    with process.stdout as stdout:
        return stdout.readline()


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "The engine ended before it listened, without a word; try again."
