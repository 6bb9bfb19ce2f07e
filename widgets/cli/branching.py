"""`branch`: another future from a finished round."""

from typing import Annotated

import typer

from sessions.messages import commands
from sessions.serving.ask import answer
from sessions.specs.sources import assign
from sessions.specs.spec import Table
from sessions.store import SessionDirectory
from sessions.views.reading import read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue
from widgets.cli import completion
from widgets.cli.app import CLIENT, command_line, session_path, told
from widgets.cli.options import GivenSession
from widgets.cli.output import say, write
from widgets.decisions.complaints import remarks_on


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(branch)


@told
def branch(
    session: GivenSession,
    from_: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="BRANCH:ROUND",
            help="A finished round, counted from 0.",
            autocompletion=completion.rounds,
        ),
    ],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="What differs: pruner=magnitude")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The new branch's name.")] = None,
) -> None:
    """Begin a new branch after a finished round.

    It goes on from that round's weights under what --set changes; resume the session to run it.
    The new branch's name is printed on stdout.
    """
    path = session_path(session)
    SessionDirectory.open_for_reading(path)
    parent, number = parse_round(from_)
    overrides: Table = {}
    assign(overrides, set_ or [])
    wanted = commands.Branch(parent=parent, round=number, name=name, overrides=overrides)
    made = str(answer(path, wanted, CLIENT)["branch"])
    say_remarks(read_view(path), parent, overrides)
    say(f"Branch {made!r} begins after round {number} of {parent!r}. Run it with: {command_line('resume', path)}")
    write(made)


def say_remarks(view: SessionView, branch: str, overrides: Table) -> None:
    """Print which settings of a branch's plan these overrides drop."""
    if remarks := remarks_on(view.branches[branch].plan, overrides):
        say(remarks)


def parse_round(given: str) -> tuple[str, int]:
    """`BRANCH:ROUND` as a branch's name and a round's number."""
    name, colon, number = given.rpartition(":")
    if not colon or not name or not number.isdecimal():
        raise InvalidValue("--from", given, "BRANCH:ROUND, such as snr:3; rounds count from 0")
    return name, int(number)
