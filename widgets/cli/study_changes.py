"""`study add` and `study retry`: more seeds, values and rounds, and another try for cells that failed."""

from pathlib import Path
from typing import Annotated

import typer

from sessions.studies.spec_text import with_more
from sessions.studies.study import Study
from sessions.studies.study_dir import read_toml
from ticket_explorer.errors import TicketError
from widgets.cli.app import told
from widgets.cli.output import say, write
from widgets.cli.study_lists import GivenStudy, study_command


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    commands.command()(add)
    commands.command()(retry)


@told
def add(
    study: GivenStudy,
    file: Annotated[Path | None, typer.Argument(help="A TOML file that takes the place of the study's.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="How many seeds there are to be.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="How many rounds cells are to have.")] = None,
    value: Annotated[
        list[str] | None, typer.Option(metavar="AXIS=VALUE", help="One more value of an axis: strategy=des")
    ] = None,
) -> None:
    """Give a study more seeds, values or rounds.

    Cells that have begun stay. Without an option, what was edited in the study's own study.toml is taken up. Prints the
    cells that are new or have more rounds.
    """
    given = Study.open(study)
    if file is not None and (seeds or rounds or value):
        raise TicketError("Give either a file or options; the file can say the same.")
    text, table = given.directory.read_spec() if file is None else read_toml(file)
    if seeds or rounds or value:
        text, table = with_more(text, seeds, rounds, value or [])
    more = given.extend(text, table, None if file is None else file.parent.absolute())
    if not more:
        say("Nothing to add: the study has all of this already.")
        return
    write("\n".join(more))
    what = f"{len(more)} of {len(given.cells)} cells are new or have more rounds."
    say(f"{what} Run them with: {study_command('run', given)}")


@told
def retry(
    study: GivenStudy,
    cells: Annotated[list[str] | None, typer.Argument(help="Cells that failed; all of them by default.")] = None,
) -> None:
    """Have cells that failed run again, and print their names.

    They go on where they were. A branch that diverged does so again, unless its session was changed.
    """
    given = Study.open(study)
    chosen = given.retry(cells or [])
    if not chosen:
        say("No cell has failed.")
        return
    write("\n".join(chosen))
    say(f"Run them with: {study_command('run', given)}")
