"""The Typer application, and how errors and narration look."""

import shlex
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import typer

from sessions.views.reading import session_path as session_path
from ticket_explorer.places import sessions_dir
from widgets.cli.failures import ends_in_a_sentence

P = ParamSpec("P")
R = TypeVar("R")

CLIENT = "command line"
"""The client's name in the journal."""

app = typer.Typer(
    name="ticket-explorer",
    help="Watch lottery tickets being found by evolution strategies, and take part. Without a command, the app opens.",
    epilog="--traceback, anywhere, shows where an error in your own code came from.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def told(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose errors are sentences on stderr."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with ends_in_a_sentence():
            return command(*args, **kwargs)

    return wrapped


def command_line(command: str, session: Path) -> str:
    """The command line for a command on a session, with the session's short name if that is enough."""
    known = session.parent == sessions_dir() and not Path(session.name).exists() and not Path(session.stem).exists()
    return shlex.join(["ticket-explorer", command, session.stem if known else str(session)])
