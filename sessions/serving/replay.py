"""A session's journal, event by event, as fast as it happened or faster; nothing is computed."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from sessions.messages import events
from sessions.store import SessionDirectory
from sessions.views.reading import followed, read_header
from sessions.views.session_view import SessionView

LONGEST_WAIT = 2.0
"""The longest pause that is replayed, in seconds of the session."""
TICK = 0.05
"""Seconds between two looks at the clock."""
AT_ONCE = 2000
"""Events between two breaks in which a viewer can draw."""


class Replay:
    """Replays a journal; you can pause it and change its speed at any moment."""

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
        self._events = list(followed(directory, SessionView()))
        self._times = _timeline(self._events)
        self._position, self._clock = 0, 0.0
        self._going = asyncio.Event()
        self._going.set()
        self.speed = speed

    @property
    def is_held(self) -> bool:
        """Whether the replay is paused."""
        return not self._going.is_set()

    @property
    def progress(self) -> float:
        """The share of the journal that was replayed, in [0, 1]."""
        return self._position / max(len(self._events), 1)

    def hold(self, held: bool) -> None:
        """Pause, or go on."""
        if held:
            self._going.clear()
        else:
            self._going.set()

    def take(self, generations: int) -> Iterator[events.Event]:
        """The next events up to `generations` more generations, at once."""
        while self._position < len(self._events) and generations > 0:
            event = self._next()
            self._clock = self._times[self._position - 1]
            generations -= event.count if isinstance(event, events.Generations) else 0
            yield event

    def opening(self) -> Iterator[events.Event]:
        """The events before the next generation, at once: what there is when a session begins."""
        while self._position < len(self._events) and not isinstance(self._events[self._position], events.Generations):
            event = self._next()
            self._clock = self._times[self._position - 1]
            yield event

    async def stream(self) -> AsyncIterator[events.Event]:
        """Events at the times at which they happened, divided by the speed."""
        while self._position < len(self._events):
            for _ in range(AT_ONCE):
                if not self._is_due:
                    break
                yield self._next()
            await self._going.wait()
            began = time.monotonic()
            await asyncio.sleep(TICK if not self._is_due else 0)
            self._clock += (time.monotonic() - began) * self.speed

    @property
    def _is_due(self) -> bool:
        """Whether the next event has happened by the replay's clock."""
        return self._position < len(self._events) and self._times[self._position] <= self._clock and not self.is_held

    def _next(self) -> events.Event:
        self._position += 1
        return self._events[self._position - 1]


def _timeline(played: Iterable[events.Event]) -> list[float]:
    """When each event happens in the replay, in seconds of the session from its first event on."""
    times, now, before = [], 0.0, None
    for event in played:
        now += min(max(event.at - before, 0.0), LONGEST_WAIT) if before is not None else 0.0
        times.append(now)
        before = event.at
    return times
