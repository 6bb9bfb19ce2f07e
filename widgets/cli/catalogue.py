"""Lists what there is to choose from: presets, and the members of each family; a line each."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

import typer

from ticket_explorer import presets
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.errors import TicketError
from ticket_explorer.networks import NETWORKS
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.registry import Registry, summary_of
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.cli.app import told
from widgets.cli.output import print_json, write
from widgets.shared.preset_list import groups, title_of

Lines = Callable[[], Iterable[tuple[str, str]]]


def _members(registry: Registry[Any]) -> Lines:
    """A family's members, when they are asked for: a plug-in's are imported then."""
    return lambda: ((name, summary_of(settings)) for name, settings in registry.items())


CATALOGUES: dict[str, tuple[str, Lines]] = {
    "tasks": ("List the tasks.", _members(TASKS)),
    "networks": ("List the networks.", _members(NETWORKS)),
    "strategies": (
        "List the evolution strategies.",
        lambda: ((name, info.summary) for name, info in STRATEGIES.items()),
    ),
    "trainers": ("List the trainers.", _members(TRAINERS)),
    "pruners": ("List the pruners.", _members(PRUNERS)),
    "rewinds": ("List the rewinds.", _members(REWINDS)),
    "analyses": ("List the analyses.", _members(ANALYSES)),
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("presets")(list_presets)
    for name, (explanation, lines) in CATALOGUES.items():
        app.command(name, help=explanation)(_listing(lines))


@told
def list_presets(
    words: Annotated[list[str] | None, typer.Argument(help="Only presets that match all of these words.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the presets: whole sessions, by what they need here.

    Words are parts of a preset's name or title, or of its task, network, trainer or strategy.
    """
    from sessions.plans.devices import gpu_name

    found = groups(words or (), gpu_name() is not None)
    if not found:
        raise TicketError(f"No preset has {' and '.join(map(repr, words or ()))}; without words, all are listed.")
    names = [name for group in found for name in group.names]
    if json:
        print_json({name: title_of(name) for name in presets.names() if name in names})
        return
    width = max(map(len, names))
    for number, group in enumerate(found):
        write(("\n" if number else "") + group.title)
        _echo({name: title_of(name) for name in group.names}, width, "  ")


def _listing(lines: Lines) -> Callable[[bool], None]:
    @told
    def listing(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
        known = dict(lines())
        if json:
            print_json(known)
            return
        _echo(known, max(map(len, known), default=0))

    return listing


def _echo(lines: Mapping[str, str], width: int, indent: str = "") -> None:
    for name, summary in lines.items():
        write(f"{indent}{name:<{width}}  {summary}".rstrip())
