"""A session as lines of text, for screen readers and logs: its events, and its progress now and then.

The lines have no control characters. They say what the app shows, from the same link, view and words.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from sessions.messages import commands, events
from sessions.reports.statistics import mean
from sessions.store import SessionDirectory
from sessions.store.holder import holder_sentence
from sessions.views.branch_view import BranchView, RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from widgets.shared.printable import printable
from widgets.shared.session_link import Condition, EngineLink, Link, ReplayLink
from widgets.shared.wording import clock, left, score, sentence, share, speed, waiting

EVERY = 5.0
"""Seconds between two lines of progress."""

Write = Callable[[str], None]


async def tell(link: EngineLink | ReplayLink, write: Write, stop: bool = False, every: float = EVERY) -> None:
    """Write a session's lines until it is finished or the replay is over.

    Args:
        link: The link to the session; it is closed at the end.
        write: Takes a line.
        stop: Whether to stop the engine when everything is computed.
        every: Seconds between two lines of progress.

    Raises:
        TicketError: with a sentence, if the engine can't be joined or started, or ends before the session does.
    """
    teller = Teller(link, write)
    if isinstance(link, EngineLink):
        for line in summary(link.view):
            write(printable(line))
        if link.view.state == "finished":
            return
        await link.connect()
    try:
        await _until_over(link, teller, every)
        if stop:
            with suppress(TicketError):
                await link.ask(commands.Stop())
    finally:
        await link.close()


def summary(view: SessionView) -> Iterator[str]:
    """The progress of every branch, a line each."""
    for branch in view.branches.values():
        yield f"Branch {branch.name}: {branch.next_round} of {branch.planned_rounds} rounds{_latest(branch)}"
    if view.branches:
        yield {"finished": "All branches are complete", "failed": f"Failed: {view.message}"}.get(
            view.state, f"The session is {view.state}"
        )


def progress(view: SessionView, round_: RoundView, is_live: bool = True) -> str:
    """The progress of a running round and its session, in one line; the end of a replay has no time of day."""
    parts = [
        f"{round_.branch}:{round_.number} at {share(round_.density)}",
        f"generation {round_.done} of {round_.generations}",
        speed(view),
    ]
    if view.eta_seconds is not None:
        parts.append(left(view.eta_seconds, is_live))
    before = view.round(round_.branch, round_.number - 1) if round_.number else None
    if before is not None and before.finished is not None:
        parts.append(f"last score {score(mean(before.finished.score))}")
    return ", ".join(parts)


class Teller:
    """Writes a line for each event worth reporting, and knows when the session has ended."""

    def __init__(self, link: Link, write: Write) -> None:
        self._link, self._write = link, write
        self.over = asyncio.Event()
        self._began = time.time()
        self._lock = SessionDirectory(link.path).lock

    def __call__(self, event: events.Event) -> None:
        """Take an event that is in the view now."""
        said = sentence(event)
        if said:
            self._write(printable(f"{clock(event.at, self._began)}  {said}"))
        is_played = isinstance(self._link, ReplayLink) and self._link.progress >= 1.0
        if is_played or (isinstance(self._link, EngineLink) and isinstance(event, events.Finished)):
            self.over.set()

    async def every(self, seconds: float) -> None:
        """Write lines of progress as long as something is computed."""
        told = -1
        while True:
            await asyncio.sleep(seconds)
            view = self._link.view
            if self._link.silence:
                self._write(printable(holder_sentence(self._lock, answers=False)))
            elif view.compiling is not None:
                self._write(printable(waiting(view.compiling)))
            elif view.running is not None and view.generations_done != told:
                told = view.generations_done
                self._write(printable(progress(view, view.running, isinstance(self._link, EngineLink))))


async def _until_over(link: EngineLink | ReplayLink, teller: Teller, every: float) -> None:
    ways = [asyncio.ensure_future(way) for way in (link.follow(teller), teller.over.wait(), teller.every(every))]
    if link.view.state == "finished":
        teller.over.set()
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if link.condition is Condition.GONE and not teller.over.is_set():
            raise TicketError(f"The engine has ended: {link.reason}")
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


def _latest(branch: BranchView) -> str:
    finished = [round_.finished for round_ in branch.rounds.values() if round_.finished is not None]
    return f", score {score(mean(finished[-1].score))}" if finished else ""
