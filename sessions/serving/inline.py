"""An engine in a thread of this process, for places that can't start processes.

It listens on the session's socket like any engine, so faces attach to it in the same way. It shares the interpreter
with them, so they are less smooth than with an engine in its own process.
"""

import asyncio
import atexit
import threading
from pathlib import Path

from sessions.messages import commands
from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.serving.hosting import host
from sessions.serving.launch import LINGER, NewSession
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from ticket_explorer.errors import TicketError


async def launch_inline(path: Path, run: bool = False, new: NewSession | None = None) -> None:
    """Start the engine of a session in a thread, and wait until it can be attached to.

    Args:
        path: The session's directory.
        run: Whether to run to the end at once, or to wait paused.
        new: What to make the session from first; None if it exists.

    Raises:
        TicketError: if it can't start.
    """
    await asyncio.to_thread(_InlineEngine(path, run, new).start)


class _InlineEngine:
    """One session, hosted by a thread until the engine is idle without a viewer, or the process ends."""

    def __init__(self, path: Path, run: bool, new: NewSession | None) -> None:
        self._path, self._run, self._new = path, run, new
        self._driver: Driver | None = None
        self._settled = threading.Event()
        self._trouble = ""
        self._thread = threading.Thread(target=self._host, name="engine", daemon=True)

    def start(self) -> None:
        """Start, and wait until clients are served."""
        self._thread.start()
        self._settled.wait()
        if self._driver is None:
            raise TicketError(self._trouble)
        atexit.register(self._stop)

    def _host(self) -> None:
        try:
            session = self._session()
            host(session, Goal(to_the_end=self._run), True, self._listening, LINGER)
        except TicketError as error:
            self._trouble = str(error)
        finally:
            self._settled.set()

    def _session(self) -> Session:
        if self._new is None:
            return Session.open(self._path)
        return Session.create(parse_spec(self._new.spec), self._path, self._new.is_shared)

    def _listening(self, driver: Driver) -> None:
        self._driver = driver
        self._settled.set()

    def _stop(self) -> None:
        """Write a checkpoint before the process ends."""
        if self._driver is not None and self._thread.is_alive():
            self._driver.ask(commands.Stop(), client="the end of the process")
            self._thread.join()
