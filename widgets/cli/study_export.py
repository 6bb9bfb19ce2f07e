"""`study figure` and `study export`: a paper's figures and one table, from what a study has found so far."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sessions.store.files import write_atomic
from sessions.studies.study import Study
from sessions.studies.study_rows import study_rows
from ticket_explorer.errors import InvalidValue
from widgets.cli.app import told
from widgets.cli.output import PrintableConsole, print_json, say, write
from widgets.cli.study_lists import GivenStudy
from widgets.shared.wording import share

if TYPE_CHECKING:
    from widgets.plots.sheet import Sheet

WIDTH, HEIGHT = 100, 16
"""Characters of a panel."""
_FORMS = ("png", "svg", "pdf")


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    commands.command()(figure)
    commands.command()(export)


@told
def figure(
    study: GivenStudy,
    number: Annotated[int, typer.Argument(help="The figure of Lange & Sprekeler (2023), 1 to 11.")],
    out: Annotated[Path | None, typer.Option(help="Write the figure: a .png, .svg or .pdf.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the numbers of paired differences as JSON.")] = False,
) -> None:
    """Draw a figure of Lange & Sprekeler (2023) from a study.

    Without --out it is drawn as text. Figures 2 and 7 come with paired differences and their 95% intervals. Cells that
    are missing are said in the figure, and never filled in.
    """
    from widgets.plots.studies import study_figure

    if out is not None and out.suffix.removeprefix(".") not in _FORMS:
        raise InvalidValue("--out", out, "a file name that ends in .png, .svg or .pdf")
    sheet = study_figure(Study.open(study), number)
    if out is not None:
        from widgets.plots import matplotlib_figure as paper

        write_atomic(out, paper.drawn(sheet, out.suffix.removeprefix(".")))
        say(f"Wrote {out}.")
    if json:
        print_json(list(sheet.rows))
        return
    if out is None:
        _draw(sheet)
    if sheet.rows:
        PrintableConsole().print(_differences(sheet))
    say(sheet.note)


@told
def export(
    study: GivenStudy,
    out: Annotated[Path, typer.Option(help="The file to write: .csv, .parquet or .json.")],
    rows: Annotated[
        Literal["rounds", "generations"], typer.Option(help="What a row is: a finished round, or a generation.")
    ] = "rounds",
) -> None:
    """Export a study as one table with a column for each axis.

    A row is a round, or a generation, of a branch and replicate of a cell.
    """
    from widgets.cli.table_files import TABLES

    form = out.suffix.removeprefix(".")
    if form not in TABLES:
        raise InvalidValue("--out", out, f"a file name that ends in {' or '.join(f'.{name}' for name in TABLES)}")
    TABLES[form](study_rows(Study.open(study).cells, rows), out)
    say(f"Wrote {out}.")


def _draw(sheet: "Sheet") -> None:
    from widgets.plots.raster.drawing import draw

    write(f"{sheet.title}\n")
    width = min(PrintableConsole().width, WIDTH)
    for panel in sheet.panels:
        write(draw(panel, width, HEIGHT).text() + "\n")


def _differences(sheet: "Sheet") -> Table:
    """Differences at each setting's sparsest density; --json has all."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("setting", "difference", "kept", "mean", "95% interval", "pairs"):
        left = heading in ("setting", "difference")
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    last = {(row["setting"], row["better"], row["than"]): row for row in sheet.rows}
    for row in last.values():
        interval = "" if row["low"] is None else f"{row['low']:+.3f} to {row['high']:+.3f}"
        words = [row["setting"], f"{row['better']} − {row['than']}"]
        numbers = [share(row["density"]), f"{row['difference']:+.3f}", interval, str(row["pairs"])]
        table.add_row(*map(Text, words), *numbers)
    return table
