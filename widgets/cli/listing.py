"""`list`, `show`, `rm`, `verify`: sessions on disk, without starting anything."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from sessions.messages import commands
from sessions.reports.session_list import Listing, SessionState
from sessions.serving.ask import answer
from sessions.serving.idle import end_idle
from sessions.store import SessionDirectory, SessionLock
from sessions.views.reading import read_header, read_view
from widgets.cli import completion
from widgets.cli.app import CLIENT, command_line, session_path, told
from widgets.cli.difference import show_difference
from widgets.cli.failures import BAD_INPUT, FAILED
from widgets.cli.options import GivenSession
from widgets.cli.output import PrintableConsole, print_json, say, write
from widgets.cli.run import show_result
from widgets.shared.session_table import ARCHIVED, COLUMNS, LATEST, matching, sorted_by
from widgets.shared.wording import counted

LEAST = 5
"""The fewest columns of the list, however narrow the terminal is."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("list")(list_)
    app.command()(show)
    app.command()(rm)
    app.command("verify")(verify_)


@told
def list_(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Only sessions that match: a text, task:pendulum, state:running, tag:x, is:archived."),
    ] = None,
    sort: Annotated[
        str, typer.Option(help="The column to sort by.", autocompletion=completion.columns, metavar="COLUMN")
    ] = LATEST,
    reverse: Annotated[bool, typer.Option("--reverse", help="Sort the other way round.")] = False,
    json: Json = False,
) -> None:
    """List your sessions, the latest first.

    Shows as many columns as the terminal is wide; --json has all of them.
    """
    known = Listing().known()
    chosen = sorted_by(matching(known, words or []), sort, reverse)
    if json:
        print_json(chosen)
    elif chosen:
        console = PrintableConsole()
        console.print(_sessions_table(chosen, console))
    elif known:
        say(f"None of your {len(known)} sessions matches. List them all with: ticket-explorer list")
        return
    else:
        say("There are no sessions yet. Start one with: ticket-explorer run")
    hidden = sum(one.archived for one in known)
    if hidden and not json and ARCHIVED not in (words or []):
        say(f"{counted(hidden, 'archived session is', 'archived sessions are')} not shown; list {ARCHIVED} shows them.")


@told
def show(
    session: GivenSession,
    target: Annotated[float | None, typer.Option(help="A score: also show what each round needed to reach it.")] = None,
    diff: Annotated[
        str | None,
        typer.Option(help="A session, a preset, or two branches, snr:random: show in which fields their specs differ."),
    ] = None,
    json: Json = False,
) -> None:
    """Show a session's branches and rounds.

    With --target, and for control tasks that count as solved at some score, it also shows what reaching it took.
    """
    path = session_path(session)
    header = read_header(SessionDirectory.open_for_reading(path))
    view = read_view(path)
    if diff is not None:
        show_difference(header, view, path.stem, diff, json)
        return
    show_result(path, header, view, json, target)
    if view.state == "failed":
        say(f"The session failed: {view.message} Continue with: {command_line('resume', path)}")


@told
def rm(
    sessions: Annotated[
        list[str], typer.Argument(help="Sessions' paths, or their names.", autocompletion=completion.sessions)
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    branch: Annotated[
        str | None, typer.Option(help="Only this branch of it, whose rounds stay on disk.", metavar="NAME")
    ] = None,
) -> None:
    """Remove sessions for good, unless they are running, or one branch of a session."""
    if branch is not None:
        for session in sessions:
            answer(session_path(session), commands.RemoveBranch(branch), CLIENT)
            say(f"Branch {branch} is no longer shown or run; its finished rounds stay on disk.")
        return
    for session in sessions:
        _remove(session_path(session), yes)


def _remove(path: Path, yes: bool) -> None:
    directory = SessionDirectory.open_for_reading(path)
    asyncio.run(end_idle(path, CLIENT))
    with SessionLock(directory.lock):
        if not yes and not typer.confirm(f"Remove {path} with all its rounds?", err=True):
            raise typer.Exit(BAD_INPUT)
        shutil.rmtree(path)
    say(f"Removed {path}.")


@told
def verify_(session: GivenSession, json: Json = False) -> None:
    """Check that a session is intact.

    Checks every checksum, and that journal and rounds agree; reports what is damaged and what is safe.
    """
    from sessions.reports.verify_session import verify

    path = session_path(session)
    findings = verify(path)
    if json:
        print_json(findings)
    else:
        for finding in findings:
            write(f"{'ok     ' if finding.ok else 'DAMAGED'}  {_name(finding.path, path)}: {finding.what}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(FAILED)


def _name(path: Path, session: Path) -> str:
    return str(path.relative_to(session)) if path.is_relative_to(session) else str(path)


def _sessions_table(known: list[SessionState], console: Console) -> Table:
    """As many columns as there is room for, the most important ones first."""
    names = list(COLUMNS)
    while len(names) > LEAST and _width(_table(known, names), console) > console.width:
        names.pop()
    return _table(known, names)


def _width(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update(max_width=2**16), table).maximum


def _table(known: list[SessionState], names: list[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in names:
        is_number = COLUMNS[name].is_number
        table.add_column(name, justify="right" if is_number else "left", overflow="fold", no_wrap=name == "session")
    for one in known:
        table.add_row(*(Text(COLUMNS[name].words(one)) for name in names))
    return table
