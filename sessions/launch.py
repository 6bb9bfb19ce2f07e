"""Starting an engine process from a face that must not import JAX.

The process outlives the face: it has a group of its own, and what it prints goes to a file beside
its socket, so that nothing that closes can stop it.
"""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from sessions.spec import Table
from sessions.wire import socket_path
from ticket_explorer.errors import TicketError

LINGER = 30.0
"""Seconds that an engine which computes nothing waits for somebody to come back."""
LISTENING = b"listening"
_STARTED: list[asyncio.subprocess.Process] = []
"""Kept until this process ends: an engine outlives who started it, and a collected handle would complain."""


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
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sessions.server", str(path), *options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    _STARTED.append(process)
    assert process.stdin is not None
    assert process.stdout is not None
    if spec is not None:
        process.stdin.write(msgspec.json.encode(spec))
    process.stdin.close()
    if not (await process.stdout.readline()).startswith(LISTENING):
        await process.wait()
        raise TicketError(_last_words(log))


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "The engine ended before it listened, without a word; try again."
