"""A session's journal, event by event, as fast as it happened or faster; nothing is computed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from sessions import events
from sessions.header import decoded, read_header
from sessions.store import SessionDirectory, read_records

LONGEST_WAIT = 2.0
"""Seconds of replay: a person who slept between two commands is not waited for."""


class Replay:
    """Plays a journal; it can be held, and its speed changed, at any moment."""

    def __init__(self, path: Path, speed: float = 1.0) -> None:
        """Read the journal of a session.

        Args:
            path: The session's directory.
            speed: Seconds of the session that pass in one second.

        Raises:
            TicketError: if it is not a session, or it is damaged.
        """
        directory = SessionDirectory.open_for_reading(path)
        read_header(directory)
        self._events: list[events.Event] = list(decoded(read_records(directory.journal).payloads, directory.journal))
        self._position = 0
        self._going = asyncio.Event()
        self._going.set()
        self.speed = speed

    @property
    def is_held(self) -> bool:
        """Whether it waits."""
        return not self._going.is_set()

    @property
    def progress(self) -> float:
        """The share of the journal that was played, in [0, 1]."""
        return self._position / max(len(self._events), 1)

    def hold(self, held: bool) -> None:
        """Wait, or go on."""
        if held:
            self._going.clear()
        else:
            self._going.set()

    def take(self, generations: int) -> Iterator[events.Event]:
        """The next events up to `generations` more generations, at once."""
        while self._position < len(self._events) and generations > 0:
            event = self._next()
            generations -= event.count if isinstance(event, events.Generations) else 0
            yield event

    async def stream(self) -> AsyncIterator[events.Event]:
        """Events in the rhythm in which they happened, divided by the speed."""
        while self._position < len(self._events):
            wait = min((self._gap() / self.speed), LONGEST_WAIT)
            if wait > 0.002:
                await asyncio.sleep(wait)
            await self._going.wait()
            if self._position < len(self._events):
                yield self._next()

    def _gap(self) -> float:
        if self._position == 0:
            return 0.0
        return self._events[self._position].at - self._events[self._position - 1].at

    def _next(self) -> events.Event:
        self._position += 1
        return self._events[self._position - 1]
