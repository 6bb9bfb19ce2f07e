"""`new`, `code`, `trust`: begin your own code from an example, show it, and run the code of somebody else's session."""

import sys
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from sessions.store.files import write_atomic
from sessions.views.own_code import kept_code, untrusted_code
from sessions.views.reading import read_view
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.cli.app import session_path, told
from widgets.cli.failures import BAD_INPUT
from widgets.cli.options import GivenSession
from widgets.cli.output import say, write


class Kind(StrEnum):
    """What your own code can be."""

    network = "network"
    task = "task"
    environment = "environment"
    pruner = "pruner"
    rewind = "rewind"
    trainer = "trainer"
    analysis = "analysis"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(new)
    app.command()(trust)
    app.command()(code)


@told
def new(
    kind: Annotated[Kind, typer.Argument(help="What to begin.")],
    file: Annotated[Path, typer.Argument(help="The file to write, such as my_net.py.")],
) -> None:
    """Write a working example of code of your own."""
    if file.suffix != ".py":
        raise InvalidValue("FILE", file, "a file name that ends in .py")
    if file.exists():
        raise TicketError(f"{file} already exists; choose another name.")
    text = (files("ticket_explorer.examples") / f"{kind}.py").read_text("utf-8").replace("FILE", f"./{file.name}")
    write_atomic(file, text.encode())
    say(f"Wrote {file}. Try it with: python {file}")


@told
def trust(
    session: GivenSession,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Show the code that came with a session, and trust it."""
    path = session_path(session)
    unknown = untrusted_code(read_view(path))
    if not unknown:
        say(f"{path} has no code that you don't trust already.")
    for code in unknown:
        write(f"# {code.call}\n{code.source}".expandtabs())
        if not yes and not sys.stdin.isatty():
            raise TicketError(
                f"{code.place} is not trusted, and there is no terminal to ask in. Say --yes after you have read it."
            )
        if not yes and not typer.confirm(f"Run {code.call} of {path}?", err=True):
            raise typer.Exit(BAD_INPUT)
        code.trust()
        say(f"{code.place} is trusted from now on.")


@told
def code(
    session: GivenSession,
    diff: Annotated[bool, typer.Option("--diff", help="Show how the files differ by now instead.")] = False,
) -> None:
    """Show the code of your own that a session keeps.

    The session goes on with that text, whatever becomes of its file. Nothing of it is run here.
    """
    path = session_path(session)
    kept = kept_code(read_view(path))
    if not kept:
        say(f"{path} has no code of your own.")
    for one in kept:
        trusted = "trusted here" if one.is_trusted else "not trusted here"
        text = (one.changes() or f"# {one.place}: no change") if diff else f"# {one.call} ({trusted})\n{one.source}"
        write(text.expandtabs())
