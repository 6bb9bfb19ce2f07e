"""The client: attaches to the engine of a session, folds its events, and sends commands.

It imports no JAX. The view is complete from the start, because the journal is read from disk up to where the socket
takes over.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Self

import msgspec

from sessions.messages import events
from sessions.messages.commands import Command
from sessions.messages.records import decode
from sessions.serving.reaching import NotRunning, hung_up, reached
from sessions.serving.wire import (
    PROTOCOL,
    Farewell,
    FromServer,
    Hello,
    Reply,
    Request,
    Told,
    packed,
    receive,
)
from sessions.store import SessionDirectory
from sessions.store.errors import UNREADABLE
from sessions.views.reading import follow, read_header
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError


class Client:
    """One connection to a running engine; use it as an asynchronous context manager."""

    def __init__(self, session: Path, client: str, live_frames: bool = True) -> None:
        """Prepare to attach.

        Args:
            session: The session's directory.
            client: Who is asking, for the journal.
            live_frames: Whether to be sent frames that are not journalled.
        """
        self.view = SessionView()
        self.farewell: str | None = None
        """Why the engine ended; None while it runs."""
        self.is_idle = False
        """Whether the engine had nothing to compute, and no other viewer, when this client came."""
        self._path, self._hello = session, Hello(protocol=PROTOCOL, client=client, live_frames=live_frames)
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(FromServer)
        self._ids = count(1)
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._events: asyncio.Queue[events.Event | None] = asyncio.Queue()
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        directory = SessionDirectory.open_for_reading(self._path)
        read_header(directory)
        (reader, self._writer), welcome = await reached(self._path, self._hello)
        self.is_idle = welcome.is_idle
        try:
            follow(directory, self.view, end=welcome.journal_end)
        except BaseException:
            await self._hang_up()
            raise
        self._listening = asyncio.create_task(self._listen(reader, welcome.journal_end))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        await self._hang_up()

    async def _hang_up(self) -> None:
        if self._writer is not None:
            await hung_up(self._writer)

    async def ask(self, command: Command) -> dict[str, Any]:
        """Send a command and wait for its result.

        Raises:
            TicketError: with the engine's sentence, if it can't be done or the engine is gone.
        """
        if self._writer is None or self.farewell is not None:
            why = (self.farewell or "this client is not attached").rstrip(".")
            raise NotRunning(f"The engine has ended ({why}); resume the session and attach again.")
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[number] = answer
        self._writer.write(packed(Request(id=number, command=command)))
        return await answer

    async def stream(self) -> AsyncIterator[events.Event]:
        """Events as they arrive; each is in the view already. Ends when the engine does."""
        while (event := await self._events.get()) is not None:
            yield event

    async def _listen(self, reader: asyncio.StreamReader, known: int) -> None:
        reason = "it ended without a message"
        try:
            while (message := await receive(reader, self._decoder)) is not None:
                if isinstance(message, Told):
                    self._take(decode(message.event), message.journal_end, known)
                elif isinstance(message, Reply):
                    self._settle(message)
                elif isinstance(message, Farewell):
                    reason = message.reason
        except (TicketError, *UNREADABLE) as error:
            reason = str(error)
        self._end(reason)

    def _take(self, event: events.Event, journal_end: int | None, known: int) -> None:
        """Fold an event, unless it was read from disk; frames, which are not in the journal, may come twice."""
        if journal_end is None:
            self.view.apply_live(event)
        elif journal_end > known or isinstance(event, events.Frame):
            self.view.apply(event)
        else:
            return
        self._events.put_nowait(event)

    def _settle(self, reply: Reply) -> None:
        answer = self._replies.pop(reply.id, None)
        if answer is None or answer.done():
            return
        if reply.error is not None:
            answer.set_exception(reply.refusal.error if reply.refusal else TicketError(reply.error))
        else:
            answer.set_result(reply.result or {})

    def _end(self, reason: str) -> None:
        self.farewell = reason
        for answer in self._replies.values():
            if not answer.done():
                answer.set_exception(NotRunning(f"The engine has ended: {reason.rstrip('.')}."))
        self._events.put_nowait(None)
