"""Whether the engine that has a session still answers: suspended, swapped out, or only busy with a long chunk."""

import asyncio
from pathlib import Path

from sessions.serving.reaching import hung_up, reached
from sessions.serving.wire import PROTOCOL, Hello
from sessions.store import SessionDirectory
from sessions.store.address import Condition, condition, read_address
from ticket_explorer.errors import TicketError

ANSWER = 2.0
"""Seconds that the engine's listener, which never computes, has to answer."""


def is_suspended(session: Path) -> bool:
    """Whether the process that has a session is suspended, as by Ctrl-Z; the system says so at no cost."""
    try:
        address = read_address(SessionDirectory(session).address)
    except TicketError:
        return False
    return address is not None and condition(address) is Condition.SUSPENDED


async def answers(session: Path, client: str) -> bool:
    """Whether the engine's listener answers a new connection, however busy its computing is.

    Args:
        session: The session's directory.
        client: Who asks.
    """
    hello = Hello(protocol=PROTOCOL, client=client, live_frames=False)
    try:
        (_, writer), _ = await asyncio.wait_for(reached(session, hello), ANSWER)
    except (TicketError, TimeoutError):
        return False
    await hung_up(writer)
    return True
