"""The browsers that watch, and what they may say: a code, then answers, then nothing else.

Everything that is sent goes to all in the same bytes. A guest that doesn't read is left behind and dropped; one that
says anything that was not agreed is shown out. Neither changes anything for others.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from sessions.reports.summary import LONGEST
from widgets.broadcast.door import Door
from widgets.broadcast.poll import Poll

PATIENCE = 10.0
"""Seconds that a guest has to say the code."""
SLOWEST = 20.0
"""Seconds that a message may take to be sent."""
BEHIND = 60
"""Messages that may wait for a guest."""
MOST = 300
"""Guests at a time, with those who are still at the door."""
LONGEST_WORD = 300
"""Bytes of a text that a guest may send."""
PAUSE = 1.0
"""Seconds between two things that a guest says; three may come at once."""


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first thing that a guest says."""

    join: str
    who: str = ""
    """A name that the page made up, so that an answer replaces the earlier one after a new connection."""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer to the teacher's question."""

    answer: float
    """A number, or the place of a choice."""


_JOIN = msgspec.json.Decoder(Join)
_ANSWER = msgspec.json.Decoder(Answer)

TakeFile = Callable[[bytes], Awaitable[str]]
"""Takes a summary that a guest uploads; returns a sentence on what became of it."""


class _Unwanted(Exception):
    """A guest said something that was not agreed."""


@dataclass(eq=False)
class Guest:
    """One browser that has joined."""

    socket: web.WebSocketResponse
    who: str
    transport: asyncio.Transport | None = None
    waiting: asyncio.Queue[bytes | str] = field(default_factory=lambda: asyncio.Queue(BEHIND))
    credit: float = 3.0
    heard: float = field(default_factory=time.monotonic)

    def may_speak(self) -> bool:
        """Whether it has been silent long enough."""
        now = time.monotonic()
        self.credit, self.heard = min(self.credit + (now - self.heard) / PAUSE, 3.0), now
        self.credit -= 1.0
        return self.credit >= 0.0


class Guests:
    """All browsers that watch one session."""

    def __init__(
        self,
        door: Door,
        whole: Callable[[], Awaitable[list[bytes]]],
        poll: Poll | None = None,
        take_file: TakeFile | None = None,
    ) -> None:
        """Let nobody in yet.

        Args:
            door: Knows the code.
            whole: Returns the messages that somebody who comes in now has missed.
            poll: The teacher's question.
            take_file: Takes summaries; without it none are taken.
        """
        self._door, self._whole, self.poll = door, whole, poll
        self._take_file = take_file
        self._longest = LONGEST_WORD if take_file is None else LONGEST
        self._guests: set[Guest] = set()
        self._present = 0
        self.dropped = 0
        """How many were dropped, because they didn't read or said what they mustn't."""

    def __len__(self) -> int:
        return len(self._guests)

    def tell(self, message: bytes) -> None:
        """Send a message to all who have joined."""
        for guest in tuple(self._guests):
            self._send(guest, message)

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Serve one browser, from its first word to its last."""
        if self._present >= MOST:
            raise web.HTTPServiceUnavailable(text="Too many browsers watch this session; try again later.\n")
        self._present += 1
        try:
            socket = web.WebSocketResponse(compress=False, max_msg_size=self._longest, heartbeat=30.0, timeout=2.0)
            await socket.prepare(request)
            await self._serve(socket, request)
            return socket
        finally:
            self._present -= 1

    async def close(self) -> None:
        """Show everybody out."""
        for guest in tuple(self._guests):
            with suppress(TimeoutError):
                await asyncio.wait_for(guest.socket.close(code=WSCloseCode.GOING_AWAY), 1.0)

    async def _serve(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        try:
            join = _JOIN.decode(_words(await asyncio.wait_for(socket.receive(), PATIENCE)))
            if len(join.join) > 64 or len(join.who) > 64:
                raise _Unwanted
            if not await self._door.opens(join.join, request.remote or ""):
                await socket.send_str('{"refused": "This code is not right."}')
                await socket.close(code=WSCloseCode.POLICY_VIOLATION)
                return
            await self._join(Guest(socket, join.who or f"{id(socket):x}", request.transport))
        except (_Unwanted, msgspec.DecodeError, TimeoutError, UnicodeError):
            self.dropped += 1
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"This page says nothing like that.")
        except ConnectionError:
            pass  # it has left

    async def _join(self, guest: Guest) -> None:
        self._send(guest, self._welcome())
        for message in await self._whole():
            self._send(guest, message)
        self._guests.add(guest)
        writing = asyncio.create_task(self._write(guest))
        try:
            while (told := await guest.socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await self._hear(guest, told)
            if told.type is WSMsgType.ERROR:
                raise _Unwanted
        finally:
            self._guests.discard(guest)
            writing.cancel()

    async def _hear(self, guest: Guest, told: WSMessage) -> None:
        if not guest.may_speak():
            raise _Unwanted
        if told.type is WSMsgType.BINARY:
            if self._take_file is None:
                raise _Unwanted
            said = await self._take_file(told.data)
        else:
            answer = _ANSWER.decode(_words(told)).answer
            if self.poll is None or not math.isfinite(answer) or not self.poll.take(guest.who, answer):
                raise _Unwanted
            said = "Your answer has arrived."
        self._send(guest, msgspec.json.encode({"taken": said}).decode())

    def _welcome(self) -> str:
        question = None if self.poll is None else {"text": self.poll.question, "choices": self.poll.choices}
        return msgspec.json.encode({"question": question, "collects": self._take_file is not None}).decode()

    def _send(self, guest: Guest, message: bytes | str) -> None:
        try:
            guest.waiting.put_nowait(message)
        except asyncio.QueueFull:
            self._drop(guest)

    async def _write(self, guest: Guest) -> None:
        """Send what waits, one message after the other; a guest that takes none in for long is dropped."""
        try:
            while True:
                message = await guest.waiting.get()
                await asyncio.wait_for(_sent(guest.socket, message), SLOWEST)
        except (TimeoutError, ConnectionError, RuntimeError):
            self._drop(guest)

    def _drop(self, guest: Guest) -> None:
        """Cut a guest off at once, without a farewell that it wouldn't read."""
        if guest in self._guests:
            self._guests.discard(guest)
            self.dropped += 1
        if guest.transport is not None:
            guest.transport.abort()


def _words(told: WSMessage) -> str:
    if told.type is not WSMsgType.TEXT or len(told.data) > LONGEST_WORD:
        raise _Unwanted
    return str(told.data)


async def _sent(socket: web.WebSocketResponse, message: bytes | str) -> None:
    await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
