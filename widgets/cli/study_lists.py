"""`study list`, `study show`, `study rm`: studies on disk, without starting anything."""

import shlex
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sessions.reports.json_report import report
from sessions.studies import shipped
from sessions.studies.cell import Cell
from sessions.studies.locks import is_held, locked
from sessions.studies.pace import Pace
from sessions.studies.study import Study
from sessions.studies.study_dir import SUFFIX, studies_in
from ticket_explorer.errors import TicketError
from ticket_explorer.places import studies_dir
from widgets.cli import completion
from widgets.cli.app import told
from widgets.cli.failures import BAD_INPUT
from widgets.cli.in_terminal import require_terminal
from widgets.cli.output import PrintableConsole, print_json, say, write
from widgets.plots.cell_table import cell_rows, summed_up

_HEAD = ("cell", "rounds", "sparsest", "score", "ticket curve", "left", "state")
_RIGHT = (False, True, True, True, False, True, False)
"""Which columns of that table stand right."""
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
GivenStudy = Annotated[str, typer.Argument(help="A study's path, or its name.", autocompletion=completion.studies)]


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    commands.command("list")(list_)
    commands.command()(show)
    commands.command("open")(open_)
    commands.command()(rm)


@told
def list_(json: Json = False) -> None:
    """List your studies, and those that come with the package."""
    rows = [_row(path) for path in studies_in(studies_dir())]
    rows += [_shipped_row(name) for name in shipped.names() if name not in [row["name"] for row in rows]]
    if json:
        print_json(rows)
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("study", "axes", "cells", "finished", "failed", "state"):
        left = heading in ("study", "axes", "state")
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    for row in rows:
        numbers = [str(row[key]) for key in ("cells", "finished", "failed")]
        table.add_row(Text(row["name"]), Text(" × ".join(row["axes"])), *numbers, Text(row["state"]))
    PrintableConsole().print(table)
    say("Start one, or a file of your own, with: ticket-explorer study run NAME|FILE.toml")


@told
def show(study: GivenStudy, json: Json = False) -> None:
    """Show a study's cells: how far each is, and its score at its lowest density."""
    given = Study.open(study)
    if json:
        print_json(study_report(given))
        return
    cells_table(given)
    for name, why in given.view.failed.items():
        say(f"Cell {name} has failed: {why}")


@told
def open_(study: GivenStudy) -> None:
    """Open a study in the app: its cells, and their ticket curves.

    Enter opens a cell's session. Nothing is run by it; a run that goes on elsewhere is seen.
    """
    given = Study.open(study)
    require_terminal(f"{study_command('show', given)} writes a table instead.")
    from widgets.terminal.app import TicketExplorer

    TicketExplorer(study=given.path).run()


@told
def rm(study: GivenStudy, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Remove a study with all its sessions for good, unless it is running."""
    given = Study.open(study)
    with locked(given.directory.lock, wait=False) as alone:
        busy = next((cell.name for cell in given.cells if cell.is_running), None)
        if not alone or busy is not None:
            what = f"Cell {busy} of {given.path}" if alone else str(given.path)
            raise TicketError(f"{what} is in use by another process. Let it finish, or stop it.")
        if not yes and not typer.confirm(f"Remove {given.path} with {len(given.cells)} cells?", err=True):
            raise typer.Exit(BAD_INPUT)
        shutil.rmtree(given.path)
    say(f"Removed {given.path}.")


def study_command(command: str, study: Study) -> str:
    """The command line for a command on a study, with its short name if that is enough."""
    known = study.path.parent == studies_dir() and not Path(study.path.name).exists() and not Path(study.name).exists()
    return shlex.join(["ticket-explorer", "study", command, study.name if known else str(study.path)])


def study_report(study: Study) -> dict[str, Any]:
    """A study as JSON, in the format that docs/cli.md promises."""
    return {
        "study": str(study.path),
        "title": study.title,
        "axes": list(study.axes),
        "device_hours": _device_hours(study),
        "cells": [_cell_report(cell) for cell in study.cells],
    }


def cells_table(study: Study) -> None:
    """A line for each cell on stdout, and what the states add up to; plain text, since a study may have thousands."""
    rows = cell_rows(study)
    lines = [_HEAD, *((row.name, row.rounds, row.sparsest, row.score, row.curve, row.left, row.state) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = []
    for line in lines:
        cells = (word.rjust(w) if right else word.ljust(w) for word, w, right in zip(line, widths, _RIGHT, strict=True))
        text.append("  ".join(cells).rstrip())
    write("\n".join((*text, "", summed_up(study, rows))))


def _device_hours(study: Study) -> dict[str, float | None]:
    """Hours of one worker's device: so far, and about how many are left; None if that isn't known."""
    left = [cell.name for cell in study.cells if not cell.is_finished and cell.failure is None]
    work = Pace(study.view).work_left(left)
    return {"so_far": sum(study.view.seconds.values()) / 3600, "left": None if work is None else sum(work) / 3600}


def _cell_report(cell: Cell) -> dict[str, Any]:
    branches: list[Any] = []
    if cell.has_begun:
        session = cell.read()
        branches = report(session.path, session.header, session.view)["branches"]
    return {
        "cell": cell.name,
        "axes": cell.axes,
        "seed": cell.seed,
        "state": cell.now.state,
        "why": cell.failure,
        "cites": list(cell.cites),
        "session": str(cell.path),
        "branches": branches,
    }


def _row(path: Path) -> dict[str, Any]:
    """One study in the list; one that can't be read says why."""
    row = {"name": path.name.removesuffix(SUFFIX), "path": str(path), "title": "", "axes": []}
    try:
        study = Study.open(path)
    except TicketError as error:
        return {**row, "cells": 0, "finished": 0, "failed": 0, "state": str(error)}
    finished = sum(cell.now.state == "finished" for cell in study.cells)
    return {
        **row,
        "title": study.title,
        "axes": list(study.axes),
        "cells": len(study.cells),
        "finished": finished,
        "failed": len(study.view.failed),
        "state": _state(study, finished),
    }


def _shipped_row(name: str) -> dict[str, Any]:
    """A study that comes with the package and was not begun yet."""
    spec = shipped.spec(name)
    counts = {"cells": spec.most_cells, "finished": 0, "failed": 0}
    return {"name": name, "path": None, "title": spec.title, "axes": list(spec.axes), **counts, "state": "shipped"}


def _state(study: Study, finished: int) -> str:
    if is_held(study.directory.lock):
        return "running"
    if finished == len(study.cells):
        return "finished"
    if study.view.failed and finished + len(study.view.failed) == len(study.cells):
        return "failed"
    return "stopped" if study.view.runs else "planned"
