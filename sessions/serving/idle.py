"""Ends an engine that only waits for somebody to come back, so that its session can be had at once."""

import asyncio
from pathlib import Path

from sessions.messages import commands
from sessions.serving.client import Client
from sessions.store import SessionDirectory
from sessions.store.lock import is_locked
from ticket_explorer.errors import TicketError

PATIENCE = 10.0
"""Seconds that an engine has to end."""
_LOOKS = 0.02


async def end_idle(path: Path, client: str) -> bool:
    """End a session's engine if it has nothing to compute and no viewer.

    Args:
        path: The session's directory.
        client: Who wants the session, for the journal.

    Returns:
        Whether no process has the session now.
    """
    lock, loop = SessionDirectory(path).lock, asyncio.get_running_loop()
    if not is_locked(lock):
        return True
    try:
        async with Client(path, client, live_frames=False) as engine:
            if not engine.is_idle:
                return False
            await engine.ask(commands.Stop())
    except TicketError:  # it can't be reached, or has just ended
        return not is_locked(lock)
    until = loop.time() + PATIENCE
    while is_locked(lock) and loop.time() < until:
        await asyncio.sleep(_LOOKS)
    return not is_locked(lock)
