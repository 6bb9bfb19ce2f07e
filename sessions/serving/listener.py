"""The listener: serves the clients of an endpoint in a thread of its own while the session runs.

Events come from the session's thread and never wait for a client. A client that reads too slowly first misses live
frames, then is disconnected with a sentence: the journal has everything.
"""

import asyncio
import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from sessions.messages import commands, events
from sessions.messages.records import encode
from sessions.serving.driver import Driver
from sessions.serving.endpoint import Endpoint
from sessions.serving.wire import (
    LONGEST_HELLO,
    PROTOCOL,
    Farewell,
    FromClient,
    Hello,
    Refusal,
    Reply,
    Request,
    Told,
    Welcome,
    packed,
    receive,
)
from ticket_explorer.errors import TicketError

BACKLOG = 256 * 1024
"""Bytes that may wait for a client before live frames are withheld: some seconds of them."""
LONGEST_BEHIND = 30.0
"""Seconds for which more than that may wait for a client before it is disconnected."""
LIMIT = 64 * 1024 * 1024
"""Bytes that may wait for a client before it is disconnected at once."""
PATIENCE = 0.5
"""Seconds that all clients together have to read their last messages."""
FIRST_WORD = 30.0
"""Seconds that a client has to say who it is."""
LOOKS = 1.0
"""Seconds between two checks that the endpoint is still in place."""


class Listener:
    """Serves the clients of one driver, from `start` to `stop`."""

    def __init__(self, driver: Driver, linger: float | None = None) -> None:
        """Prepare; `start` begins to listen.

        Args:
            driver: Takes the clients' commands.
            linger: Stop the driver after so many seconds without a viewer and without work; None never does.
        """
        self._driver, self._linger = driver, linger
        self._clients: dict[asyncio.StreamWriter, Hello] = {}
        self._behind: dict[asyncio.StreamWriter, float] = {}
        """Since when much has been waiting for a client."""
        self._connected: set[asyncio.StreamWriter] = set()
        """All connections, including those that have not said hello."""
        self._partings: set[asyncio.Task[None]] = set()
        self._is_open = True
        self._looking: asyncio.Task[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="listen", daemon=True)
        self._endpoint = Endpoint(driver.session.path, self._serve)

    def start(self) -> None:
        """Listen, and pass on the session's events from now on."""
        self._thread.start()
        try:
            self._call(self._endpoint.open())
        except TicketError:
            self._end_thread()
            raise
        self._driver.session.subscribe(self._on_event)
        self._loop.call_soon_threadsafe(self._watch)
        if self._linger is not None:
            self._loop.call_soon_threadsafe(self._look_around, time.monotonic())

    def leave(self) -> None:
        """Accept no new clients. The session's lock is still held now, so no successor's endpoint is touched."""
        self._call(self._leave())

    def stop(self, reason: str) -> None:
        """Say farewell to every client and stop listening."""
        self._driver.session.unsubscribe(self._on_event)
        self._call(self._close(reason))
        self._end_thread()

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _watch(self) -> None:
        """Let the endpoint check and repair itself at intervals."""
        if self._is_open:
            self._looking = self._loop.create_task(self._look())
            self._loop.call_later(LOOKS, self._watch)

    async def _look(self) -> None:
        with suppress(OSError, TicketError):  # a full disk: the next look may do better
            await self._endpoint.look()

    async def _leave(self) -> None:
        self._is_open = False
        if self._looking is not None:
            await self._looking
        self._endpoint.close()

    def _look_around(self, needed: float) -> None:
        """Stop the driver if nobody has needed it for long; `needed` is the time when it was last needed."""
        now = time.monotonic()
        if self._clients or not self._driver.is_resting:
            needed = now
        if self._linger is not None and now - needed > self._linger:
            self._driver.ask(commands.Stop(), client=events.IDLE)
        else:
            self._loop.call_later(0.5, self._look_around, needed)

    async def _close(self, reason: str) -> None:
        """Disconnect all clients at once; one that has not said hello gets no farewell."""
        await self._leave()
        for writer in tuple(self._clients):
            writer.write(packed(Farewell(reason=reason)))
        await asyncio.gather(*map(self._let_go, tuple(self._connected)))
        handlers = asyncio.all_tasks() - {asyncio.current_task()}
        if handlers:
            await asyncio.wait(handlers, timeout=PATIENCE)

    def _on_event(self, event: events.Event, journalled: bool) -> None:
        if self._clients:
            message = packed(Told(event=encode(event), journal_end=self._end(journalled)))
            self._loop.call_soon_threadsafe(self._broadcast, message, journalled)

    def _end(self, journalled: bool) -> int | None:
        return self._driver.session.journal_end if journalled else None

    def _broadcast(self, message: bytes, journalled: bool) -> None:
        for writer, hello in tuple(self._clients.items()):
            waiting = writer.transport.get_write_buffer_size()
            if writer.transport.is_closing():
                self._closing(writer)  # it hung up; asyncio would log every further word to it
            elif waiting > LIMIT or self._is_left_behind(writer, waiting):
                writer.write(
                    packed(Farewell(reason="This client read too slowly. Attach again; the journal has everything."))
                )
                self._closing(writer)
            elif journalled or (hello.live_frames and waiting < BACKLOG):
                writer.write(message)

    def _is_left_behind(self, writer: asyncio.StreamWriter, waiting: int) -> bool:
        """Whether much has been waiting for a client for long, with so many bytes now: nobody reads there."""
        if waiting < BACKLOG:
            self._behind.pop(writer, None)
            return False
        now = time.monotonic()
        return now > self._behind.setdefault(writer, now) + LONGEST_BEHIND

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(FromClient)
        self._connected.add(writer)
        try:
            hello = await asyncio.wait_for(receive(reader, decoder, LONGEST_HELLO), FIRST_WORD)
            if isinstance(hello, Hello) and self._welcome(hello, writer):
                while isinstance(request := await receive(reader, decoder), Request):
                    self._driver.ask(request.command, hello.client, self._replier(writer, request.id))
        except TicketError as error:
            writer.write(packed(Farewell(reason=str(error))))
        except TimeoutError:
            pass  # a connection that never says hello is no client
        finally:
            await self._let_go(writer)
            self._connected.discard(writer)

    def _welcome(self, hello: Hello, writer: asyncio.StreamWriter) -> bool:
        if not secrets.compare_digest(hello.token.encode(), self._endpoint.address.token.encode()):
            writer.write(packed(Farewell(reason="Only the user who runs the session may attach to its engine.")))
            return False
        if hello.protocol != PROTOCOL:
            reason = f"This engine uses protocol {PROTOCOL}, the client {hello.protocol}; use the same version of both."
            writer.write(packed(Farewell(reason=reason)))
            return False
        session = self._driver.session
        is_idle = not self._clients and self._driver.is_resting
        self._clients[writer] = hello  # before the journal's end is read: no event can fall between the two
        welcome = Welcome(
            protocol=PROTOCOL,
            session=str(session.path),
            pid=os.getpid(),
            journal_end=session.journal_end,
            is_idle=is_idle,
        )
        writer.write(packed(welcome))
        if session.view.compiling is not None and hello.live_frames:
            writer.write(packed(Told(event=encode(session.view.compiling), journal_end=None)))
        return True

    def _replier(
        self, writer: asyncio.StreamWriter, number: int
    ) -> Callable[[dict[str, Any] | None, TicketError | None], None]:
        def reply(result: dict[str, Any] | None, error: TicketError | None) -> None:
            said, refusal = (None, None) if error is None else (str(error), Refusal.of(error))
            message = packed(Reply(id=number, result=result, error=said, refusal=refusal))
            self._loop.call_soon_threadsafe(self._write, writer, message)

        return reply

    def _write(self, writer: asyncio.StreamWriter, message: bytes) -> None:
        if writer in self._clients:
            writer.write(message)

    def _closing(self, writer: asyncio.StreamWriter) -> None:
        self._clients.pop(writer, None)
        self._partings.add(parting := self._loop.create_task(self._let_go(writer)))
        parting.add_done_callback(self._partings.discard)

    async def _let_go(self, writer: asyncio.StreamWriter) -> None:
        self._clients.pop(writer, None)
        self._behind.pop(writer, None)
        writer.close()
        closing = self._loop.create_task(writer.wait_closed())
        done, _ = await asyncio.wait((closing,), timeout=PATIENCE)
        if not done:
            writer.transport.abort()
        with suppress(OSError):
            await closing
