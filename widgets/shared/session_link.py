"""A face's link to a session: to its engine's process, or to a journal that is replayed.

Both have a view and take the same commands; the screens don't know which one they have.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from sessions.messages import commands, events
from sessions.serving.client import Client
from sessions.serving.launch import NewSession, launch
from sessions.serving.reaching import NotRunning
from sessions.serving.replay import Replay
from sessions.serving.silence import answers, is_suspended
from sessions.session.verbs import with_own_text
from sessions.store import SessionDirectory
from sessions.store.lock import is_locked
from sessions.views.reading import Header, read_header, read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError

Listener = Callable[[events.Event], None]

Launch = Callable[[Path, bool, NewSession | None], Awaitable[None]]
"""Starts an engine, and waits until it can be attached to; see `sessions.serving.launch.launch`."""

LOOKS = 1.0
"""Seconds between two looks at whether somebody else has started an engine."""
OWED = 3.0
"""Seconds that an engine may owe an answer before it is looked whether it answers at all."""
SUSPENDED, NOT_ANSWERING = "suspended", "not answering"
SLOWEST = 0.5
"""Generations per second: at a slower pace, nobody waits for the next one."""


def _nothing() -> None:
    """What is done by default when the engine falls silent."""


class Condition(Enum):
    """The state of a link."""

    CONNECTING = "connecting"
    ATTACHED = "attached"
    RESTING = "resting"
    """No engine runs, and none was asked for; what is on disk is shown."""
    GONE = "gone"
    """The engine ended; what is on disk is shown."""
    REPLAY = "replay"


class Link(Protocol):
    """A face's link to a session."""

    path: Path
    header: Header
    view: SessionView
    condition: Condition
    reason: str
    """Why the engine has ended."""
    silence: str
    """Why nothing is heard of an engine that has the session: `suspended`, `not answering`; empty if all is well."""
    is_pausing: bool
    """Whether a pause was asked for that hasn't come yet: a chunk is in flight."""

    @property
    def is_running(self) -> bool:
        """Whether generations come in."""
        ...

    async def follow(self, told: Listener, moved: Callable[[], None] = ...) -> None:
        """Pass on events, each once it is in the view, until there are no more; `moved`: it fell silent, or answers."""
        ...

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        """Send a command and wait for its result.

        Raises:
            TicketError: with a sentence, if it can't be done.
        """
        ...

    async def change_pace(self, factor: float) -> None:
        """Run slower (factor below 1) or faster, up to no limit."""
        ...

    async def close(self) -> None:
        """Let the session go; its engine goes on."""
        ...


class EngineLink:
    """A link to the engine's process, which is started if none runs, or not before something needs it."""

    def __init__(
        self,
        path: Path,
        run: bool = False,
        new: NewSession | None = None,
        start: bool = True,
        client: str = "terminal",
        launch: Launch = launch,
        rests: bool = False,
    ) -> None:
        """Prepare; `connect` does it.

        Args:
            path: The session's directory.
            run: Whether a started engine runs to the end at once.
            new: What to make the session from, if it isn't there yet.
            start: Whether to start an engine if none runs.
            client: The client's name, for the journal.
            launch: How an engine is started.
            rests: Whether, if no engine runs, `connect` starts none before it is told to: to look takes no engine.
        """
        self.path, self._run, self._new, self._start = path, run, new, start
        self._name, self._launch, self._rests = client, launch, rests
        self.view = SessionView()
        self.condition = Condition.CONNECTING
        self.reason = ""
        self.silence, self.is_pausing = "", False
        self._client: Client | None = None
        self._fastest = 100.0
        self._waiting_since: float | None = None
        self._moved: Callable[[], None] = _nothing
        if new is None:
            self.header = read_header(SessionDirectory.open_for_reading(path))
            self.view = read_view(path)

    @property
    def is_running(self) -> bool:
        """Whether generations come in."""
        return self.condition is Condition.ATTACHED and self.view.state == "running"

    async def connect(self, run: bool = False, start: bool = False) -> None:
        """Join the engine, and start it first if none runs.

        Args:
            run: Whether an engine that has to be started runs to the end at once.
            start: Whether to start one even for a link that rests otherwise.

        Raises:
            TicketError: with the engine's sentence, if it can't start.
        """
        self.condition, self.reason, self._run = Condition.CONNECTING, "", self._run or run
        may_rest = self._rests and self._new is None and not (self._run or start)
        if may_rest and not is_locked(SessionDirectory(self.path).lock):
            self.condition = Condition.RESTING
            return
        try:
            if self._new is not None:
                await self._launch(self.path, self._run, self._new)
                self._new = None
            self._client = await self._joined()
        except TicketError as error:
            self.condition, self.reason = Condition.GONE, str(error)
            raise
        self.header = read_header(SessionDirectory.open_for_reading(self.path))
        self.view, self.condition, self._run = self._client.view, Condition.ATTACHED, False

    async def follow(self, told: Listener, moved: Callable[[], None] = _nothing) -> None:
        """Pass on events until the engine ends; without one, do nothing.

        Args:
            told: Called with each event.
            moved: Called when the engine falls silent or answers again, or a pause is asked for.
        """
        if self._client is None:
            return
        self._moved = moved
        watching = asyncio.create_task(self._watch())
        try:
            async for event in self._client.stream():
                told(event)
        finally:
            watching.cancel()
            self.silence, self.is_pausing = "", False
        self.condition, self.reason = Condition.GONE, self._client.farewell or "it ended without a message"

    async def until_started(self) -> None:
        """Wait until somebody else has started an engine."""
        while not is_locked(SessionDirectory(self.path).lock):
            await asyncio.sleep(LOOKS)

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        """Send a command and wait for its result."""
        if self._client is None:
            raise NotRunning("No engine runs this session yet; try again in a moment.")
        self._waiting_since = self._waiting_since or time.monotonic()
        self._say(is_pausing=isinstance(command, commands.Pause) or self.is_pausing)
        try:
            return await self._client.ask(with_own_text(command) if isinstance(command, commands.Deed) else command)
        finally:
            self._waiting_since = None
            self._say(silence="", is_pausing=False)

    def _say(self, silence: str | None = None, is_pausing: bool | None = None) -> None:
        before = self.silence, self.is_pausing
        self.silence = self.silence if silence is None else silence
        self.is_pausing = self.is_pausing if is_pausing is None else is_pausing
        if before != (self.silence, self.is_pausing):
            self._moved()

    async def _watch(self) -> None:
        """Look at intervals whether the engine is suspended or, once it owes an answer, whether it answers at all."""
        while True:
            await asyncio.sleep(LOOKS)
            if is_suspended(self.path):
                self._say(silence=SUSPENDED)
            elif self._waiting_since is None or time.monotonic() < self._waiting_since + OWED:
                self._say(silence="")
            else:
                self._say(silence="" if await answers(self.path, self._name) else NOT_ANSWERING)

    async def change_pace(self, factor: float) -> None:
        """Run slower, or faster up to as fast as the machine was seen to go."""
        view = self.view
        if view.pace is None:
            self._fastest = view.generations_per_second or self._fastest
        pace = (view.pace or self._fastest) * factor
        await self.ask(commands.Pace(generations_per_second=None if pace >= self._fastest else max(pace, SLOWEST)))

    async def close(self) -> None:
        """Let the session go; its engine goes on."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.__aexit__(None, None, None)

    async def _joined(self) -> Client:
        try:
            return await Client(self.path, self._name).__aenter__()
        except NotRunning:
            if not self._start:
                raise
        try:
            await self._launch(self.path, self._run, None)
        except TicketError:
            if not is_locked(SessionDirectory(self.path).lock):
                raise
            # somebody else has started one meanwhile: that is joined, or says why not
        return await Client(self.path, self._name).__aenter__()


class ReplayLink:
    """A link to a journal: commands move through what happened, and decide nothing."""

    def __init__(self, path: Path, speed: float = 1.0, held: bool = False) -> None:
        """Prepare; `follow` plays it.

        Args:
            path: The session's directory.
            speed: Seconds of the session shown per second.
            held: Whether it waits before its first generation until somebody plays or steps it.
        """
        self.path = path
        self.header = read_header(SessionDirectory.open_for_reading(path))
        self.view = SessionView()
        self.condition = Condition.REPLAY
        self.reason = self.silence = ""
        self.is_pausing = False
        self._replay = Replay(path, speed)
        self._told: Listener = lambda event: None
        if held:
            self._replay.hold(True)
            for event in self._replay.opening():
                self.view.apply(event)

    @property
    def is_running(self) -> bool:
        """Whether generations come in."""
        return not self._replay.is_held and self._replay.progress < 1.0

    @property
    def speed(self) -> float:
        """Seconds of the session shown per second."""
        return self._replay.speed

    @property
    def progress(self) -> float:
        """The share of the journal that was replayed, in [0, 1]."""
        return self._replay.progress

    async def follow(self, told: Listener, moved: Callable[[], None] = _nothing) -> None:
        """Pass on events until the journal's end."""
        self._told = told
        async for event in self._replay.stream():
            self._take(event)
        await asyncio.Event().wait()

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        """Pause, go on, or step."""
        match command:
            case commands.Pause():
                self._replay.hold(True)
            case commands.Resume():
                self._replay.hold(False)
            case commands.Step():
                self._step(command.generations)
            case commands.RunRounds():
                self._step_round()
            case _:
                raise TicketError("This is a replay; open the session to take part.")
        return {}

    async def change_pace(self, factor: float) -> None:
        """Replay slower or faster."""
        self._replay.speed = min(max(self._replay.speed * factor, 1 / 16), 1024.0)

    async def close(self) -> None:
        """Do nothing: a replay holds no resources."""

    def _step(self, generations: int) -> None:
        self._replay.hold(True)
        for event in self._replay.take(generations):
            self._take(event)

    def _step_round(self) -> None:
        self._replay.hold(True)
        for event in self._replay.take(2**62):
            self._take(event)
            if isinstance(event, events.RoundFinished):
                return

    def _take(self, event: events.Event) -> None:
        self.view.apply(event)
        self._told(event)
