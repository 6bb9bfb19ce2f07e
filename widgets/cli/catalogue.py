"""What there is to choose from: presets, tasks, strategies, trainers, pruners, rewinds; a line each."""

from collections.abc import Callable, Iterable
from typing import Annotated

import typer

from ticket_explorer import presets
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.registry import summary_of
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.cli.app import print_json, told

Lines = Callable[[], Iterable[tuple[str, str]]]

CATALOGUES: dict[str, tuple[str, Lines]] = {
    "presets": (
        "List the presets: whole sessions, ready to run.",
        lambda: ((name, str(presets.load(name).get("title", ""))) for name in presets.names()),
    ),
    "tasks": ("List the tasks.", lambda: ((name, summary_of(task)) for name, task in TASKS.items())),
    "strategies": (
        "List the evolution strategies.",
        lambda: ((name, info.summary) for name, info in STRATEGIES.items()),
    ),
    "trainers": ("List the trainers.", lambda: ((name, summary_of(kind)) for name, kind in TRAINERS.items())),
    "pruners": ("List the pruners.", lambda: ((name, summary_of(kind)) for name, kind in PRUNERS.items())),
    "rewinds": ("List the rewinds.", lambda: ((name, summary_of(kind)) for name, kind in REWINDS.items())),
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for name, (explanation, lines) in CATALOGUES.items():
        app.command(name, help=explanation)(_listing(lines))


def _listing(lines: Lines) -> Callable[[bool], None]:
    @told
    def listing(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
        known = dict(lines())
        if json:
            print_json(known)
            return
        width = max(map(len, known), default=0)
        for name, summary in known.items():
            typer.echo(f"{name:<{width}}  {summary}".rstrip())

    return listing
