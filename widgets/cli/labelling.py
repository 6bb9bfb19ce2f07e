"""`tag`, `archive` and `rename`: what a person calls sessions, so that they are found again, or out of the way."""

import asyncio
from typing import Annotated

import typer

from sessions.messages import commands
from sessions.serving.ask import answer
from sessions.serving.idle import end_idle
from sessions.store import SessionDirectory, SessionLock, renamed
from sessions.store.labels import label, read_labels
from ticket_explorer.errors import InvalidValue
from widgets.cli import completion
from widgets.cli.app import CLIENT, session_path, told
from widgets.cli.options import GivenSession
from widgets.cli.output import say, write

Sessions = Annotated[
    list[str], typer.Argument(help="Sessions' paths, or their names.", autocompletion=completion.sessions)
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(tag)
    app.command()(archive)
    app.command()(rename)


@told
def tag(
    session: GivenSession,
    tags: Annotated[list[str] | None, typer.Argument(help="Tags to put on it; without any, prints its tags.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take these tags off.")] = False,
) -> None:
    """Put tags on a session.

    `list tag:paper` then finds it. Tags lie in the session's directory and go where it goes; nothing that is computed
    depends on them.
    """
    path = session_path(session)
    SessionDirectory.open_for_reading(path)
    if remove and not tags:
        raise InvalidValue("--remove", "no tags", "the tags to take off")
    found = label(path, remove=tags or ()) if remove else label(path, add=tags) if tags else read_labels(path)
    if found.tags:
        write("\n".join(found.tags))
    else:
        say("It has no tags.")


@told
def archive(
    sessions: Sessions, undo: Annotated[bool, typer.Option("--undo", help="Take them out of the archive.")] = False
) -> None:
    """Have lists leave sessions out.

    Nothing is moved or removed; `list is:archived` shows them, and `resume --all` leaves them alone.
    """
    for name in sessions:
        path = session_path(name)
        SessionDirectory.open_for_reading(path)
        label(path, archived=not undo)
        say(f"{path.stem} is {'no longer archived' if undo else 'archived'}.")


@told
def rename(
    session: GivenSession,
    name: Annotated[str, typer.Argument(help="Its name from now on.")],
    branch: Annotated[
        str | None, typer.Option(help="This branch of it, not the session.", autocompletion=completion.branches)
    ] = None,
) -> None:
    """Give a session, or one of its branches, another name.

    A session's directory is renamed. A branch's files keep the name that they have, which stays taken.
    """
    path = session_path(session)
    directory = SessionDirectory.open_for_reading(path)
    if branch is not None:
        answer(path, commands.RenameBranch(branch, name), CLIENT)
        say(f"Branch {branch} is called {name} now.")
        return
    asyncio.run(end_idle(path, CLIENT))
    with SessionLock(directory.lock):
        new = renamed(path, name)
    say(f"{path.stem} is called {new.stem} now.")
