"""`pause-at`: breakpoints of a session, set, listed and removed."""

from typing import Annotated

import typer
from msgspec import structs

from sessions.messages import commands
from sessions.serving.ask import answer
from sessions.specs.breakpoint import breakpoint_table, parse_breakpoint
from sessions.specs.validation import checked
from sessions.store import SessionDirectory
from sessions.views.reading import read_view
from ticket_explorer.errors import InvalidValue
from widgets.cli import completion
from widgets.cli.app import CLIENT, session_path, told
from widgets.cli.options import GivenSession, explanations
from widgets.cli.output import print_json, say, write

_SAID = explanations(commands.PauseAt)


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("pause-at")(pause_at)


@told
def pause_at(
    session: GivenSession,
    branch: Annotated[str | None, typer.Option(help=_SAID["branch"], autocompletion=completion.branches)] = None,
    round_: Annotated[int | None, typer.Option("--round", help=_SAID["round"])] = None,
    density: Annotated[float | None, typer.Option(help=_SAID["density"])] = None,
    generation: Annotated[int | None, typer.Option(help=_SAID["generation"])] = None,
    score_drop: Annotated[float | None, typer.Option(help=_SAID["score_drop"])] = None,
    correlation_below: Annotated[float | None, typer.Option(help=_SAID["correlation_below"])] = None,
    collapse: Annotated[bool, typer.Option("--collapse", help=_SAID["collapse"])] = False,
    remove: Annotated[int | None, typer.Option(help="The number of a breakpoint to remove.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the breakpoints as JSON.")] = False,
) -> None:
    """Pause a session by itself where it meets something.

    Sets a breakpoint, or removes one; without either it lists them. The engine meets each once in a round, journals
    it, and pauses; `resume` goes on. In a spec they are tables of [[pause_at]] with the same fields.
    """
    path = session_path(session)
    SessionDirectory.open_for_reading(path)
    wanted = commands.PauseAt(branch, round_, density, generation, score_drop, correlation_below, collapse)
    is_set = wanted != commands.PauseAt()
    if is_set and remove is not None:
        raise InvalidValue("--remove", remove, "either a breakpoint to remove, or one to set")
    if is_set:
        parse_breakpoint(structs.asdict(wanted), "--")
        answer(path, checked(wanted), CLIENT)
    elif remove is not None:
        answer(path, checked(commands.RemoveBreakpoint(remove)), CLIENT)
    known = read_view(path).breakpoints.known.values()
    if json:
        print_json([{"number": one.number, **breakpoint_table(one.at)} for one in known])
    elif known:
        write("\n".join(f"{one.number}: {one.at.words}" for one in known))
    else:
        say("There are no breakpoints. Set one, such as: --round 3")
