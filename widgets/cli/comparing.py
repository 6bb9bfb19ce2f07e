"""`compare`: several sessions, each of a task, on one scale."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from sessions.reports.learning import needed_rows
from sessions.views.reading import read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.cli import completion
from widgets.cli.app import session_path, told
from widgets.cli.output import PrintableConsole, print_json, write
from widgets.cli.overlaying import Overlaid, seed_of, show_overlay, show_pooled, write_figure
from widgets.cli.paper import CloseUp, Dpi, NoTitle, Paper, Size, Style
from widgets.cli.tables import needed_table
from widgets.shared.wording import share

HEIGHT = 18
_FORMS = (".png", ".svg", ".pdf")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(compare)


@told
def compare(
    sessions: Annotated[
        list[str],
        typer.Argument(help="Sessions, one per task: paths or names.", autocompletion=completion.sessions),
    ],
    out: Annotated[Path | None, typer.Option(help="Write the figure: a .png, .svg or .pdf.")] = None,
    target: Annotated[float | None, typer.Option(help="A score: compare what rounds needed to reach it.")] = None,
    overlay: Annotated[bool, typer.Option("--overlay", help="A line for each branch of each session.")] = False,
    normalised: Annotated[bool, typer.Option("--normalised", help="With --overlay: on one scale.")] = False,
    baseline: Annotated[
        str | None, typer.Option(help="SESSION:BRANCH: show by how much the others differ from it.")
    ] = None,
    branches: Annotated[
        list[str] | None, typer.Option(help="Only this branch, or SESSION:BRANCH; may be repeated.")
    ] = None,
    pool: Annotated[
        bool, typer.Option("--pool", help="A line for each branch name, over all seeds and replicates.")
    ] = False,
    size: Size = "4.5x3",
    dpi: Dpi = 200,
    no_title: NoTitle = False,
    style: Style = None,
    close_up: CloseUp = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare sessions' scores or costs; overlay branches.

    Each session's scores are scaled to 0 for its worst and 1 for its best round.

    Branches with the same name are one condition. A round counts only if every session has it for all of them.

    With --overlay or --baseline, branches of any sessions are lines of one ticket curve, with the scores as they are.
    """
    if out is not None and out.suffix not in _FORMS:
        raise InvalidValue("--out", out, f"a file name that ends in {' or '.join(_FORMS)}")
    paths = list(dict.fromkeys(session_path(given) for given in sessions))
    stems = [path.stem for path in paths]
    views = {s if stems.count(s) == 1 else str(p): read_view(p) for s, p in zip(stems, paths, strict=True)}
    wanted, paper = Overlaid(normalised, baseline, branches), Paper(size, dpi, no_title, style, close_up)
    if pool:
        show_pooled(paths, branches, out, paper)
    elif target is not None:
        _show_needed(views, target, out, json)
    elif overlay or wanted != Overlaid():
        show_overlay({s: (views[s], seed_of(p)) for s, p in zip(views, paths, strict=True)}, wanted, out, paper, json)
    else:
        _show_scores(views, out, paper, json)


def _show_scores(views: dict[str, SessionView], out: Path | None, paper: Paper, json: bool) -> None:
    from sessions.reports.comparison import normalised_rows
    from widgets.plots import figures
    from widgets.plots.raster.drawing import draw

    rows = normalised_rows(views)
    figure = figures.normalised(rows)
    if out is not None:
        write_figure(figure, out, paper)
    if json:
        print_json(rows)
        return
    console = PrintableConsole()
    write(draw(figure, min(console.width, 100), HEIGHT).text() + "\n")
    console.print(_table(rows))


def _show_needed(views: dict[str, SessionView], target: float, out: Path | None, json: bool) -> None:
    if out is not None:
        raise InvalidValue("--out", out, "no file with --target, which draws no figure: --json prints the numbers")
    rows = [*needed_rows(views, target)]
    if not rows:
        raise TicketError(f"No round of {', '.join(views)} is finished yet; resume the sessions first.")
    if json:
        print_json(rows)
    else:
        PrintableConsole().print(needed_table(rows, target))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for head in ("branch", "kept", "score", "error", *rows[0]["by_session"]):
        table.add_column(head, justify="left" if head == "branch" else "right", overflow="fold")
    for row in rows:
        error = "" if row["standard_error"] is None else f"{row['standard_error']:.3f}"
        alone = [f"{value:.3f}" for value in row["by_session"].values()]
        table.add_row(row["branch"], share(row["density"]), f"{row['score']:.3f}", error, *alone)
    return table
