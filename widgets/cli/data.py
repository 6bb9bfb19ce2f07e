"""`data`: which data sets there are, and preparing them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from ticket_explorer.tasks.catalogue import DATA_SETS
from widgets.cli import completion
from widgets.cli.app import told
from widgets.cli.output import PrintableConsole, narration, print_json, say

commands = typer.Typer(help="List data sets and prepare them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="data")


@commands.command("list")
@told
def list_(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the data sets: what is prepared, and where."""
    from ticket_explorer.tasks import datasets

    known = datasets.status()
    if json:
        print_json(known)
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("data set", "images", "download", "prepared", "licence"):
        table.add_column(heading, justify="right" if heading in ("images", "download") else "left", overflow="fold")
    for one in known:
        prepared = str(one.path) if one.prepared else "–"
        table.add_row(one.name, f"{one.images:,}", f"{one.download_size / 1e6:.1f} MB", prepared, one.licence)
    PrintableConsole().print(table)


@commands.command()
@told
def prepare(
    name: Annotated[
        str,
        typer.Argument(
            help="A data set: mnist, fashion_mnist, kmnist, cifar10, or one of TFDS: emnist/letters.",
            autocompletion=completion.data_sets,
        ),
    ],
    from_: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="A directory of raw files; without it, download.")
    ] = None,
) -> None:
    """Prepare a data set from its raw files.

    They are downloaded, or taken from the directory that --from names; this takes up to a minute. Any name that
    `data list` doesn't show is one of TensorFlow Datasets, whose builder prepares it; most builders need TensorFlow.
    """
    if name not in DATA_SETS:
        _prepare_with_tfds(name, from_)
        return
    from ticket_explorer.tasks import datasets

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=narration, transient=True, disable=not narration.is_terminal)
    task = progress.add_task(name, total=None)

    def report(what: str, done: int, total: int) -> None:
        progress.start()
        progress.update(task, description=what, completed=done, total=total or None)

    try:
        datasets.prepare(name, from_, report)
    finally:
        progress.stop()
    say(f"{name} is prepared. Use it with: ticket-explorer run --set task.name={name}")


def _prepare_with_tfds(name: str, manual: Path | None) -> None:
    from ticket_explorer.tasks.own_data import tfds

    with narration.status(f"TensorFlow Datasets prepares {name}"):
        place = tfds.prepare(name, manual)
    say(f"{name} is in {place}. Use it with: ticket-explorer run --set task.name=tfds --set task.dataset={name}")
