"""Connects widgets with a session's engine: one task follows it, another draws stale widgets.

All widgets of a session show the same branch, round and generation, unless told otherwise.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, suppress
from typing import Any, ParamSpec, Protocol

import msgspec

from sessions.messages import commands, events
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from widgets.notebook.unexpected import spoken
from widgets.plots.figures import MetricsCache, Selection
from widgets.plots.kinds import Look
from widgets.plots.mask_reader import MaskReader
from widgets.shared.session_link import Condition, EngineLink
from widgets.shared.wording import trouble

CLIENT = "notebook"
"""The client's name in the journal."""
DRAWN = 25
"""The most times a second that widgets are drawn."""
BYTES = 600_000
"""The most bytes a second for all charts together: Jupyter's server drops what exceeds a million."""
P = ParamSpec("P")
_RESTS = (events.Paused, events.Finished, events.Failed)


class Watcher(Protocol):
    """A widget that shows something of a session."""

    def touch(self, event: events.Event) -> None:
        """Take note of an event that is in the view."""
        ...

    def renew(self) -> None:
        """Take note that everything may have changed: the view, the selection, the link."""
        ...

    def redraw(self) -> int:
        """Draw what is stale; returns the bytes that were sent."""
        ...


class Attachment:
    """A session's link and all its widgets; needs a running event loop."""

    def __init__(self, link: EngineLink) -> None:
        self._loop = running_loop()
        self.link = link
        self._masks = MaskReader(link.path, lambda: link.view.ledger, self._mask_arrived)
        self.look = Look(link.view, self._masks)
        self.trouble = ""
        """A sentence on what went wrong last; empty if nothing did."""
        self._watchers: list[Watcher] = []
        self._ended: dict[int, str] = {}
        """Why analyses ended without a result, by their ids."""
        self._news, self._stale = asyncio.Event(), asyncio.Event()
        self._tasks = {self._loop.create_task(self._draw())}
        self._connecting = self._loop.create_task(self._connect())

    @property
    def view(self) -> SessionView:
        """The session as its events tell it."""
        return self.look.view

    @property
    def is_attached(self) -> bool:
        """Whether an engine listens."""
        return self.link.condition is Condition.ATTACHED

    def select(self, selection: Selection) -> None:
        """Have all widgets show another selection."""
        if selection != self.look.selection:
            self.look.selection = selection
            self.renew()

    def pick(self, entries: tuple[int, ...]) -> None:
        """Select some weights, by their entries of θ."""
        if entries != self.look.picked:
            self.look.picked = entries
            self.renew()

    def complain(self, sentence: str) -> None:
        """Show in all widgets what went wrong; an empty sentence clears it."""
        if sentence != self.trouble:
            self.trouble = sentence
            self.renew()

    def speaking(self) -> AbstractContextManager[None]:
        """Show in all widgets what goes wrong inside, and go on after it."""
        return spoken(self.complain)

    def heeding(self, act: Callable[P, None]) -> Callable[P, None]:
        """What a widget calls when a person does something: what goes wrong in it is shown in all widgets."""

        def acted(*args: P.args, **kwargs: P.kwargs) -> None:
            with self.speaking():
                act(*args, **kwargs)

        return acted

    def watch(self, watcher: Watcher) -> None:
        """Keep a widget up to date from now on."""
        self._watchers.append(watcher)
        self.want_drawing()

    def leave(self, watcher: Watcher) -> None:
        """Stop updating a widget."""
        with suppress(ValueError):
            self._watchers.remove(watcher)

    def want_drawing(self) -> None:
        """Draw stale widgets soon."""
        self._stale.set()

    def renew(self) -> None:
        """Have all widgets show the current state."""
        for watcher in tuple(self._watchers):
            watcher.renew()
        self.want_drawing()

    async def settled(self) -> None:
        """Wait until it is known whether an engine listens."""
        await asyncio.shield(self._connecting)

    async def ready(self) -> None:
        """Wait until the engine listens; it is started if none runs.

        Raises:
            TicketError: with its sentence, if it can't start.
        """
        has_ended = self._connecting.done()
        await self.settled()
        if self.link.condition is Condition.RESTING or (has_ended and not self.is_attached):
            if self._connecting.done():  # of several that ask at once, the first one starts it
                self._connecting = self._loop.create_task(self._connect(start=True))
            await self.settled()
        if not self.is_attached:
            raise TicketError(self.link.reason or "The engine has ended; try again.")

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        """Send a command and wait for its result.

        Raises:
            TicketError: with the engine's sentence, if it can't be done.
        """
        await self.ready()
        self.complain("")  # before the reply: what goes wrong with this command may be told before it
        return await self.link.ask(command)

    async def ask_and_rest(self, command: commands.Command) -> list[events.Event]:
        """Send a command that computes, and wait until the engine rests again; returns what happened.

        Raises:
            TicketError: if it can't be done, or meanwhile the engine fails, comes to rest because of an error, ends,
                or is stopped.
        """
        await self.ready()
        if self.view.state == "finished":
            return []
        start = len(self.view.history)
        await self.ask(command)
        while not (told := _told_since(self.view.history[start:], command)):
            if not self.is_attached:
                raise TicketError(f"The engine has ended: {self.link.reason}")
            await self._news.wait()
        if why := trouble(told[-1]) or _stopped(told):
            raise TicketError(why)
        return told

    async def analysed(self, number: int) -> events.Analysed:
        """Wait for the result of an analysis.

        Raises:
            TicketError: if it ends without a result, or the engine ends.
        """
        while True:
            for event in reversed(self.view.history):
                if isinstance(event, events.Analysed) and event.id == number:
                    return event
            if number in self._ended:
                raise TicketError(self._ended[number])
            if not self.is_attached:
                raise TicketError(f"The engine has ended: {self.link.reason}")
            await self._news.wait()

    async def parted(self) -> None:
        """Wait until the engine has ended."""
        while self.is_attached:
            await self._news.wait()

    async def close(self) -> None:
        """Detach from the session; its engine goes on, and widgets keep what they show."""
        for task in (self._connecting, *self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._masks.close()
        await self.link.close()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine while the session is attached; the widgets show what goes wrong."""
        task = self._loop.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # one that was cancelled before it began is awaited by nobody

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        with self.speaking():
            await work

    async def _connect(self, start: bool = False) -> None:
        self.renew()
        with self.speaking():
            await self.link.connect(start=start)
            self._connected()

    def _connected(self) -> None:
        self.look.take(self.link.view, getattr(self.link, "header", None))
        self.look.metrics = MetricsCache()
        self.trouble = ""
        self.renew()
        self.spawn(self._follow())

    async def _follow(self) -> None:
        """Follow the engine, and the next one, whoever starts it."""
        await self.link.follow(self._told, self.renew)
        self._wake()
        self.renew()
        await self.link.until_started()
        if self._connecting.done() and not self.is_attached:
            self._connecting = self._loop.create_task(self._connect())

    def _told(self, event: events.Event) -> None:
        if isinstance(event, events.Analysing) and event.ended:
            self._ended[event.id] = event.ended
        if why := trouble(event):
            self.complain(why)
        elif isinstance(event, events.Resumed):
            self.complain("")
        self.look.selection = self.look.selection.after(event)
        for watcher in self._watchers:
            with self.speaking():
                watcher.touch(event)
        self._wake()

    def _wake(self) -> None:
        self.want_drawing()
        self._news.set()
        self._news = asyncio.Event()

    async def _draw(self) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            began, sent = self._loop.time(), 0
            for watcher in tuple(self._watchers):
                with spoken(self._note):
                    sent += watcher.redraw()
                await asyncio.sleep(0)  # between two charts, others have their turn
            await asyncio.sleep(began + max(1 / DRAWN, sent / BYTES) - self._loop.time())

    def _note(self, sentence: str) -> None:
        """Show a sentence with what is drawn next: what can't be drawn asks for no drawing again and again."""
        self.trouble = sentence

    def _mask_arrived(self) -> None:
        with suppress(RuntimeError):  # the loop may be closed while a mask is read
            self._loop.call_soon_threadsafe(self.renew)


def running_loop() -> asyncio.AbstractEventLoop:
    """The event loop of the notebook.

    Raises:
        TicketError: if there is none.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise TicketError(
            "A live session needs a running event loop, as notebooks have; in a script use tx.Session, or the app."
        ) from None


def _stopped(told: list[events.Event]) -> str:
    """Who stopped the engine, and what to do; empty if nobody did."""
    for event in told:
        if isinstance(event, events.CommandReceived) and event.command.get("type") == "Stop":
            return f"{event.client} stopped the engine before this was done. Ask again, and another one is started."
    return ""


def _told_since(history: list[events.Event], command: commands.Command) -> list[events.Event]:
    """What happened from a command of ours on until the engine rested; nothing if it doesn't rest yet."""
    given = msgspec.to_builtins(command)
    for start, event in enumerate(history):
        if isinstance(event, events.CommandReceived) and (event.client, event.command) == (CLIENT, given):
            for end, later in enumerate(history[start:], start):
                if isinstance(later, _RESTS):
                    return history[start : end + 1]
    return []
