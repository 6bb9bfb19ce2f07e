"""`list`, `show`, `rm`, `verify`: sessions on disk, without starting anything."""

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sessions.reports.session_list import Listing, SessionState
from sessions.store import SessionDirectory, SessionLock
from sessions.views.reading import read_header, read_view
from widgets.cli.app import command_line, session_path, told
from widgets.cli.failures import BAD_INPUT, FAILED
from widgets.cli.options import GivenSession
from widgets.cli.output import PrintableConsole, print_json, say, write
from widgets.cli.run import show_result

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("list")(list_)
    app.command()(show)
    app.command()(rm)
    app.command("verify")(verify_)


@told
def list_(json: Json = False) -> None:
    """List your sessions, the latest first."""
    known = Listing().known()
    if json:
        print_json(known)
    elif not known:
        say("There are no sessions yet. Start one with: ticket-explorer run")
    else:
        PrintableConsole().print(_sessions_table(known))


@told
def show(
    session: GivenSession,
    target: Annotated[float | None, typer.Option(help="A score: also show what each round needed to reach it.")] = None,
    json: Json = False,
) -> None:
    """Show a session's branches and rounds.

    With --target, and for control tasks that count as solved at some score, it also shows what reaching it took.
    """
    path = session_path(session)
    header = read_header(SessionDirectory.open_for_reading(path))
    view = read_view(path)
    show_result(path, header, view, json, target)
    if view.state == "failed":
        say(f"The session failed: {view.message} Continue with: {command_line('resume', path)}")


@told
def rm(session: GivenSession, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Remove a session for good, unless it is running."""
    path = session_path(session)
    directory = SessionDirectory.open_for_reading(path)
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


def _sessions_table(known: list[SessionState]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("session", "task", "branches", "rounds", "sparsest", "score", "state"):
        left = heading in ("session", "task", "state")
        table.add_column(heading, justify="left" if left else "right", overflow="fold", no_wrap=heading == "session")
    for one in known:
        score = "" if one.best_score is None else f"{one.best_score:.3f}"
        density = "" if one.lowest_density is None else f"{100 * one.lowest_density:.2f}%"
        rounds = f"{one.rounds_done}/{one.rounds_planned}"
        table.add_row(Text(one.name), Text(one.task), str(one.branches), rounds, density, score, Text(one.state))
    return table
