"""How a client reaches the engine of a session, and the message if it can't.

Only the lock says whether a process has the session; the address file says where. A client waits a moment for an engine
that starts, ends or makes its socket again.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import structs

from sessions.serving.endpoint import LOOPBACK
from sessions.serving.wire import Farewell, FromServer, Hello, Welcome, packed, receive
from sessions.store import SessionDirectory
from sessions.store.address import Address, Condition, condition, read_address
from sessions.store.holder import holder_sentence
from sessions.store.lock import is_locked
from ticket_explorer.errors import TicketError

PATIENCE = 3.0
"""Seconds that an engine has to start, to end, or to make its socket again."""
STARTING = 1.0
"""Seconds that a process which serves no clients has to begin to."""
ANSWER = 10.0
"""Seconds that an engine has to answer."""
_LOOKS = 0.02

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NotRunning(TicketError):
    """No engine runs the session now."""


class Unreachable(TicketError):
    """Another process has the session and can't be reached; the message names it, and says what to do."""


async def reached(session: Path, hello: Hello) -> tuple[Streams, Welcome]:
    """A connection with the engine that has a session, and its answer to `hello` and the token.

    Raises:
        NotRunning: if no process has the session.
        Unreachable: if another process has it and can't be reached.
        TicketError: with the engine's sentence, if it refuses.
    """
    directory, loop = SessionDirectory(session), asyncio.get_running_loop()
    began = loop.time()
    while is_locked(directory.lock):
        address = _address(directory)
        if address is not None and condition(address) is Condition.SUSPENDED:
            raise unreachable(session)
        if address is not None and (found := await _welcomed(address, hello, session)) is not None:
            return found
        waited = loop.time() - began
        if waited > (STARTING if address is not None and address.transport == "none" else PATIENCE):
            raise unreachable(session)
        await asyncio.sleep(_LOOKS)
    raise NotRunning(f"No engine runs {session}; resume it first, then attach.")


def unreachable(session: Path) -> Unreachable:
    """The error for a process that has a session and doesn't answer."""
    return Unreachable(holder_sentence(SessionDirectory(session).lock, answers=False))


async def hung_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever its state."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _address(directory: SessionDirectory) -> Address | None:
    try:
        return read_address(directory.address)
    except TicketError:
        raise unreachable(directory.path) from None


async def _welcomed(address: Address, hello: Hello, session: Path) -> tuple[Streams, Welcome] | None:
    """Try once; None if nothing answers or the connection closes silently, as while an engine ends or starts."""
    streams = await _connected(address)
    if streams is None:
        return None
    reader, writer = streams
    try:
        writer.write(packed(structs.replace(hello, token=address.token)))
        welcome = await asyncio.wait_for(receive(reader, msgspec.msgpack.Decoder(FromServer)), ANSWER)
        if isinstance(welcome, Welcome):
            return streams, welcome
        await hung_up(writer)
    except TimeoutError:
        await hung_up(writer)
        raise unreachable(session) from None
    except BaseException:
        writer.close()
        raise
    if isinstance(welcome, Farewell):
        raise TicketError(welcome.reason)
    return None


async def _connected(address: Address) -> Streams | None:
    with suppress(OSError, ValueError):
        if address.transport == "unix":
            return await asyncio.open_unix_connection(address.place)
        if address.transport == "tcp" and address.is_here:
            return await asyncio.open_connection(LOOPBACK, int(address.place))
    return None
