"""`new`, `trust`: begin your own code from an example, and run the code of somebody else's session."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from sessions.store.files import write_atomic
from sessions.views.reading import read_view
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.own_code import NAME, is_trusted
from ticket_explorer.own_code import trust as keep
from ticket_explorer.own_settings import OWN
from ticket_explorer.tables import is_table
from widgets.cli.app import session_path, told
from widgets.cli.failures import BAD_INPUT
from widgets.cli.output import say, write


class Kind(StrEnum):
    """What your own code can be."""

    network = "network"
    pruner = "pruner"
    rewind = "rewind"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(new)
    app.command()(trust)


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
    session: Annotated[str, typer.Argument(help="A session's path, or its name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Show the code that came with a session, and trust it."""
    path = session_path(session)
    unknown = {source: place for place, source in _own_code(path) if not is_trusted(source)}
    if not unknown:
        say(f"{path} has no code that you don't trust already.")
    for source, place in unknown.items():
        write(f"# {place}\n{source}")
        if not yes and not sys.stdin.isatty():
            raise TicketError(
                f"{place} is not trusted, and there is no terminal to ask in. Say --yes after you have read it."
            )
        if not yes and not typer.confirm(f"Run this code of {path}?", err=True):
            raise typer.Exit(BAD_INPUT)
        keep(source)
        say(f"{place} is trusted from now on.")


def _own_code(path: Path) -> Iterator[tuple[str, str]]:
    """The places and texts of all code in a session's plans."""
    view = read_view(path)
    plans = [branch.plan for branch in view.branches.values()]
    plans += [round_.plan for branch in view.branches.values() for round_ in branch.rounds.values()]
    for plan in plans:
        for key in OWN:
            table = plan.get(key)
            if is_table(table) and table.get("name") == NAME:
                yield str(table.get("place", "")), str(table.get("source", ""))
