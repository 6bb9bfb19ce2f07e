"""`run` and `resume`: a session to its end, without the app, with progress."""

import asyncio
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sessions.reports.json_report import report
from sessions.reports.learning import needed_rows, solved_at
from sessions.reports.session_list import Listing
from sessions.serving.idle import end_idle
from sessions.session.notifications import Notifications, notifications
from sessions.specs.sources import DEFAULT, spec_of
from sessions.specs.spec import Spec
from sessions.store import SessionDirectory
from sessions.views.own_code import kept_code
from sessions.views.reading import Header, default_path, read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.own_process import cache_trouble
from ticket_explorer.tasks.own_data.settings import OwnDataSettings, PlacedSettings
from widgets.cli import completion
from widgets.cli.app import CLIENT, command_line, session_path, told
from widgets.cli.device import DeviceOption
from widgets.cli.failures import FAILED, INTERRUPTED, show_cause
from widgets.cli.options import GivenSpec
from widgets.cli.output import PrintableConsole, narration, print_json, say
from widgets.cli.progress import Progress
from widgets.cli.tables import needed_table, rounds_table
from widgets.shared.wording import counted

if TYPE_CHECKING:
    from sessions.session.session import Session

CHART_HEIGHT = 18
UNFINISHED = ("paused", "stopped", "running", "failed")
"""The states of sessions that may have something to compute."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(run)
    app.command()(resume)


@told
def run(
    spec: GivenSpec = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a field: pruning.ratio=0.3")
    ] = None,
    rounds: Annotated[int | None, typer.Option(help="Rounds, the dense one included.")] = None,
    generations: Annotated[int | None, typer.Option(help="Generations a round.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Random seeds run together.")] = None,
    seed: Annotated[int | None, typer.Option(help="The first random seed.")] = None,
    session: Annotated[Path | None, typer.Option(help="Where to keep the session.")] = None,
    shared: Annotated[
        bool, typer.Option("--shared", help="Let the group of --session's directory continue it.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
    device: DeviceOption = None,
) -> None:
    """Run a new session to its end.

    Ctrl-C pauses it and keeps everything. Ends with the score of every round, as a chart and a table.
    """
    given = spec_of(spec, set_ or [], rounds, generations, replicates, seed)
    path = session or default_path(_name(spec, given))
    _refuse_taken(path)
    if shared and session is None:
        raise InvalidValue("--shared", "no --session", "--session with a directory that your group can enter")
    from sessions.session.session import Session

    with narration.status("loading JAX and the tasks"):
        made = Session.create(given, path, shared)
    for remark in (*_stories(made.spec), *given.remarks):
        say(remark)
    _drive(made, json)


@told
def resume(
    session: Annotated[
        str | None, typer.Argument(help="A session's path, or its name.", autocompletion=completion.sessions)
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All sessions that are not finished, one after another.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
    trust: Annotated[bool, typer.Option("--trust", help="Trust the code that came with it; read it first.")] = False,
    device: DeviceOption = None,
) -> None:
    """Continue a session to its end.

    It goes on from where it was paused, stopped or killed, bit for bit as if it had never stopped. An engine that has
    the session but nothing to compute, and no viewer, is ended first.
    """
    if (session is None) != all_:
        raise InvalidValue("SESSION", session or "nothing", "a session, or --all in its place")
    if session is None:
        _resume_all(json, trust)
    else:
        _resume(session_path(session), json, trust)


def _resume_all(json: bool, trust: bool) -> None:
    """Continue every session that isn't finished, archived, or had by a process; the last failure's code ends it."""
    waiting = [one for one in Listing().known() if one.state in UNFINISHED and not (one.is_open or one.archived)]
    say(
        f"{counted(len(waiting), 'session goes', 'sessions go')} on: {', '.join(one.name for one in waiting) or 'none'}"
    )
    code = 0
    for one in waiting:
        try:
            _resume(Path(one.path), json, trust)
        except TicketError as error:
            say(f"ticket-explorer: {error}")
            code = FAILED
        except typer.Exit as ended:
            if ended.exit_code == INTERRUPTED:
                raise
            code = ended.exit_code
    if code:
        raise typer.Exit(code)


def _resume(path: Path, json: bool, trust: bool) -> None:
    for code in kept_code(read_view(path)):
        if trust:
            code.trust()
        if changed := code.changes_in_words():
            say(changed)
    asyncio.run(end_idle(path, CLIENT))
    from sessions.session.session import Session

    _drive(Session.open(path), json)


def _drive(session: "Session", json: bool) -> None:
    from sessions.messages.goal import Goal
    from sessions.serving.hosting import end_process, host

    say(f"Session {session.path}")
    trouble = cache_trouble()
    if trouble is not None:
        say(trouble)
    progress = Progress(session.view, narration, session.path.stem, _wanted())
    session.subscribe(progress)
    with progress, redirect_stdout(sys.stderr):  # what compiled code of one's own prints; stdout is data
        driver = host(session, Goal(to_the_end=True), stay=False)
    if driver.failure is not None:
        if session.is_finished:  # branches have failed: others have not
            show_result(session.path, session.header, session.view, json)
        show_cause(driver.failure)
        say(f"ticket-explorer: {driver.failure}")
        if not session.is_finished:
            say(f"Nothing finished is lost. Continue with: {command_line('resume', session.path)}")
        raise typer.Exit(FAILED)
    if session.paused_at:
        say(f"{session.paused_at} Continue with: {command_line('resume', session.path)}")
    elif session.view.state != "finished":
        say(_paused(session.view, session.path))
        end_process(session, INTERRUPTED)
        raise typer.Exit(INTERRUPTED)
    show_result(session.path, session.header, session.view, json)


def _wanted() -> Notifications | None:
    """What a person wants to hear of; None if the file can't be read, which the journal says."""
    with suppress(TicketError):
        return notifications()
    return None


def show_result(path: Path, header: Header, view: SessionView, json: bool, target: float | None = None) -> None:
    """A session's ticket curve and rounds on stdout, or its JSON; and what a score took to reach."""
    if json:
        print_json(report(path, header, view, target))
        return
    from widgets.plots.curve_data import ticket_curves
    from widgets.plots.text_chart import drawn

    console = PrintableConsole()
    curves = ticket_curves(view)
    if curves:
        chart = drawn(curves, min(console.width, 100), CHART_HEIGHT, console.is_terminal)
        console.print(Text.from_ansi(chart), soft_wrap=True)
    console.print(rounds_table(view))
    target = solved_at(view) if target is None else target
    if target is not None:
        console.print(needed_table([*needed_rows({path.stem: view}, target)], target))


def _name(source: str | None, spec: Spec) -> str:
    """The name that a session gets: that of its source, or of its data."""
    task = spec.branches[0].plan.task
    if source is None and isinstance(task, PlacedSettings):
        return Path(task.path).stem
    return Path(source or DEFAULT).stem


def _stories(spec: Spec) -> dict[str, None]:
    """A sentence on what was found in the user's own data."""
    tasks = [branch.plan.task for branch in spec.branches]
    own = [(task, task.measured) for task in tasks if isinstance(task, OwnDataSettings)]
    return {f"{task.called}: {found.story}": None for task, found in own if found is not None}


def _paused(view: SessionView, path: Path) -> str:
    round_ = view.running
    where = f" in round {round_.number} of branch {round_.branch}, after generation {round_.done}" if round_ else ""
    return f"Paused{where}; everything is kept. Continue with: {command_line('resume', path)}"


def _refuse_taken(path: Path) -> None:
    if not SessionDirectory(path).header.is_file():
        return
    raise TicketError(
        f"{path} is a session already, and nothing was overwritten. "
        f"Continue it with: {command_line('resume', path)}, or give the new one another --session."
    )
