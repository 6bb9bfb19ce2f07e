"""`log`: what a session's engines printed, and the details of unexpected errors."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sessions.store import SessionDirectory
from sessions.store.engine_log import log_file, read_log
from widgets.cli.app import session_path, told
from widgets.cli.options import GivenSession
from widgets.cli.output import say, write
from widgets.shared.printable import printable

LOOKS = 0.5
"""Seconds between two looks at a log that is followed."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("log")(log)


@told
def log(
    session: GivenSession,
    lines: Annotated[int | None, typer.Option(min=0, help="Only so many of the last lines.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on as the log grows, until Ctrl-C.")] = False,
) -> None:
    """Print the log of a session's engines.

    It holds what they printed, and the details of unexpected errors; what happened in the session is in its journal.
    """
    path = session_path(session)
    SessionDirectory.open_for_reading(path)
    text = read_log(path, lines)
    if text:
        write(_lines(text))
    else:
        say(f"There is no log yet: no engine has printed anything. It will be {log_file(path)}.")
    if follow:
        try:
            _follow(path)
        except KeyboardInterrupt:
            say("Stopped following.")


def _follow(path: Path) -> None:
    known = read_log(path)
    while True:
        time.sleep(LOOKS)
        now = read_log(path)
        if now != known:
            new = now[len(known) :] if now.startswith(known) else now
            write(_lines(new))
            known = now


def _lines(text: str) -> str:
    return "\n".join(map(printable, text.splitlines()))
