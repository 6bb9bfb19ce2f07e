"""`gallery`: the recorded sessions that come with the package."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ticket_explorer.errors import InvalidValue
from widgets.cli.app import told
from widgets.cli.in_terminal import require_terminal
from widgets.cli.output import PrintableConsole, print_json, say
from widgets.shared import gallery as recordings


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(gallery)


@told
def gallery(
    name: Annotated[str | None, typer.Argument(help="The recording to open; without one, all are listed.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write it as a page for browsers, .html, instead of opening the app.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="List them as JSON on stdout.")] = False,
) -> None:
    """List recorded sessions, or open one in the app.

    They are real runs that come with the package: nothing is computed, and no network is needed.
    """
    if name is None:
        if out is not None:
            raise InvalidValue("--out", out, "the name of a recording with it")
        _list(json)
        return
    path = recordings.recording(name).path
    if out is not None:
        from widgets.replay_page.page import replay

        replay(path, out)
        say(f"Wrote {out}; open it in a browser.")
        return
    require_terminal("--out FILE.html writes a page for a browser instead.")
    from widgets.terminal.app import TicketExplorer

    TicketExplorer(path, True, 1.0).run()


def _list(as_json: bool) -> None:
    found = recordings.gallery().values()
    if as_json:
        print_json([{"name": one.name, "about": one.about, "path": one.path} for one in found])
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("name")
    table.add_column("what there is to see")
    for one in found:
        table.add_row(one.name, one.about)
    PrintableConsole().print(table)
    say("Open one with: ticket-explorer gallery NAME")
