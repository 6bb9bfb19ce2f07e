"""`collect`: what the sessions of a class found together."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sessions.reports.collected import Collected
from sessions.reports.summary import Pooled, alike, pooled
from sessions.store.files import write_atomic
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.cli.app import told
from widgets.cli.output import PrintableConsole, print_json, say
from widgets.cli.paper import CloseUp, Dpi, NoTitle, Paper, Size, Style
from widgets.shared.wording import counted

_FORMS = (".png", ".svg", ".pdf")


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(collect)


@told
def collect(
    directory: Annotated[Path, typer.Argument(help="Where the class's summaries are, .json or .msgpack.")],
    out: Annotated[Path | None, typer.Option(help="Write the figure: a .png, .svg or .pdf.")] = None,
    size: Size = "4.5x3",
    dpi: Dpi = 200,
    no_title: NoTitle = False,
    style: Style = None,
    close_up: CloseUp = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the ticket curve of a class: many sessions as one.

    Each file is what `export SESSION summary` wrote, of one student's session. Sessions count once, with the mean over
    their replicates; those of another plan than most have are left out.
    """
    if out is not None and out.suffix not in _FORMS:
        raise InvalidValue("--out", out, f"a file name that ends in {', '.join(_FORMS)}")
    if not directory.is_dir():
        raise InvalidValue("DIRECTORY", directory, "a directory with summaries in it")
    summaries, refused = Collected(directory).read()
    for name, why in refused.items():
        say(f"{name} is left out: {why}")
    if not summaries:
        raise TicketError(
            f"{directory} has no summary yet; write one with: ticket-explorer export SESSION summary --out mine.json"
        )
    shown = alike(summaries)
    points = pooled(shown)
    if others := len(summaries) - len(shown):
        say(f"{counted(others, 'session', 'sessions')} of another plan left out.")
    if out is not None:
        from widgets.plots.class_curve import class_curve
        from widgets.plots.matplotlib_figure import drawn

        look = Paper(size, dpi, no_title, style, close_up).look()
        write_atomic(out, drawn(class_curve(summaries), out.suffix[1:], look))
        say(f"Wrote {out}.")
    if json:
        print_json({"sessions": [one.session for one in shown], "left_out": others, "curve": points})
    else:
        PrintableConsole().print(_table(points))


def _table(points: list[Pooled]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, caption="± is half of the 95% interval, by Student's t")
    for head in ("branch", "weights kept", "sessions", "score"):
        table.add_column(head, justify="left" if head == "branch" else "right", overflow="fold")
    for one in points:
        error = "" if one.half_width is None else f" ± {one.half_width:.3f}"
        table.add_row(Text(one.branch), f"{100 * one.density:.2f}%", str(one.sessions), f"{one.score:.3f}{error}")
    return table
