"""`broadcast`: a page of a session for every browser of a class."""

import asyncio
import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sessions.store import SessionDirectory
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.cli.app import session_path, told
from widgets.cli.failures import INTERRUPTED
from widgets.cli.options import GivenSession
from widgets.cli.output import say, write

if TYPE_CHECKING:
    from widgets.broadcast.guests import Guests
    from widgets.broadcast.poll import Poll

NICENESS = 5
"""The engine goes first: watching is free."""
EVERY = 2.0
"""Seconds between two lines on the answers."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(broadcast)


@told
def broadcast(
    session: GivenSession,
    lan: Annotated[
        bool, typer.Option("--lan", help="For all machines of the network; by default for this one only.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8001,
    code: Annotated[
        str | None, typer.Option(help="The join code; by default the same for a session as last time.")
    ] = None,
    ask: Annotated[str | None, typer.Option(help="A question to all who watch; answers are numbers.")] = None,
    collect: Annotated[
        Path | None, typer.Option(help="A directory for summaries of students' sessions; browsers may upload them.")
    ] = None,
    choice: Annotated[list[str] | None, typer.Option(help="An answer to choose instead; given twice or more.")] = None,
) -> None:
    """Show a session, live, to every browser that knows a code.

    The page is read-only: this process reads the session's files, and has no way to reach its engine. Whether an engine
    runs, ends or comes back, the page goes on by itself. Nothing comes back from browsers but answers to --ask, and
    summaries of students' own sessions with --collect.
    """
    path, poll = session_path(session), _poll(ask, choice)
    directory = SessionDirectory.open_for_reading(path)
    if find_spec("aiohttp") is None:
        raise TicketError("Pages are served by aiohttp; install it with: pip install 'ticket-explorer[serve]'")
    from sessions.views.reading import read_header
    from widgets.broadcast.door import join_code

    wanted = join_code(read_header(directory).id or str(path.resolve()), code)
    try:
        asyncio.run(_serve(path, lan, port, wanted, poll, collect))
    except KeyboardInterrupt:
        if poll is not None:
            write(poll.told)
        say("The broadcast has ended; the session goes on.")
        raise typer.Exit(INTERRUPTED) from None


def _poll(question: str | None, choices: list[str] | None) -> "Poll | None":
    from widgets.broadcast.poll import Poll

    if question is None:
        if choices:
            raise InvalidValue("--choice", ", ".join(choices), "a question with it: --ask")
        return None
    return Poll(question, tuple(choices or ()))


async def _serve(path: Path, lan: bool, port: int, code: str, poll: "Poll | None", collect: Path | None) -> None:
    from widgets.broadcast.class_panel import ClassPanel
    from widgets.broadcast.door import Door
    from widgets.broadcast.feed import Feed
    from widgets.broadcast.guests import Guests
    from widgets.broadcast.server import Broadcast, addresses, serve

    panel = None if collect is None else ClassPanel(collect)
    shown = Broadcast(Feed(path, panel))
    shown.guests = Guests(Door(code), shown.whole, poll, None if panel is None else panel.take)

    def listening(port: int) -> None:
        if hasattr(os, "nice"):
            os.nice(NICENESS)
        for address in addresses(lan):
            say(f"Open http://{address}:{port}/ in a browser; the code is {code}")
            say(f"With the code in it: http://{address}:{port}/#code={code}")
        say("Ctrl-C ends.")

    await serve(shown, port, lan, listening, _Teller(shown.guests).tell)


class _Teller:
    """Says in the terminal who watches, and what they answer."""

    def __init__(self, guests: "Guests") -> None:
        self._guests, self._said, self._at = guests, "", time.monotonic()

    def tell(self) -> None:
        """A line, if there is something new."""
        poll, count = self._guests.poll, len(self._guests)
        watch = f"{count} {'browser watches' if count == 1 else 'browsers watch'}."
        line = watch if poll is None else f"{watch} {poll.told}"
        if line != self._said and time.monotonic() - self._at >= EVERY:
            self._said, self._at = line, time.monotonic()
            say(line)
