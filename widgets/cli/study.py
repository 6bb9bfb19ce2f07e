"""`study run`: a grid of sessions, by workers on this machine, with progress; it continues what is there."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from sessions.specs.sources import toml_value
from sessions.studies.study import Study, open_or_begin
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.own_process import cache_trouble
from widgets.cli import completion, study_changes, study_export, study_lists
from widgets.cli.app import told
from widgets.cli.device import DeviceOption
from widgets.cli.failures import FAILED, INTERRUPTED
from widgets.cli.output import narration, print_json, say
from widgets.cli.study_lists import cells_table, study_command, study_report
from widgets.cli.study_progress import StudyProgress, price

commands = typer.Typer(help="Run a grid of sessions, look at it, and give it more.", no_args_is_help=True)

_HEARD = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
"""Signals that end a run in order; an ignored one stays ignored."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module, and of those beside it."""
    app.add_typer(commands, name="study")
    commands.command()(run)
    study_lists.register(commands)
    study_changes.register(commands)
    study_export.register(commands)


@told
def run(
    study: Annotated[
        str,
        typer.Argument(
            metavar="FILE.toml|STUDY",
            help="The TOML file of a study, a study's path or name, which is continued, or the name of a shipped one.",
            autocompletion=completion.studies_and_files,
        ),
    ],
    place: Annotated[Path | None, typer.Option("--study", metavar="PATH", help="Where to keep a file's study.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Processes that compute cells; as many as fit by default.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS|FILE", help="Use a Dask cluster that is there: tls://HOST:PORT, or its file."),
    ] = None,
    slurm: Annotated[bool, typer.Option("--slurm", help="Compute in jobs of Slurm, --workers at most.")] = False,
    slurm_set: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="An option of the jobs: queue=gpu, walltime=04:00:00")
    ] = None,
    move: Annotated[
        bool, typer.Option("--move", help="Let cells go on with another kind of device than they began with.")
    ] = False,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Serve Dask's dashboard on this machine.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
    device: DeviceOption = None,
) -> None:
    """Run a study's cells to their end, each a session of its own.

    All cells are checked before the first begins. Ctrl-C pauses and keeps everything; the same command goes on.
    """
    from sessions.studies.running import Place, run_study

    if scheduler is not None and (slurm or workers):
        raise TicketError("A cluster that is there has the workers that it has: give --scheduler without them.")
    options = _slurm_options(slurm_set or [])
    if options and not slurm:
        raise TicketError("--slurm-set is for jobs of Slurm: give --slurm too.")
    where = Place(workers, scheduler, options if slurm else None, move)

    given = open_or_begin(study, place)
    say(f"Study {given.path}: {price(given)}")
    trouble = cache_trouble()
    if trouble is not None:
        say(trouble)
    with _stops() as is_stopping, StudyProgress(given, narration) as progress:
        ended = run_study(given, where, progress, is_stopping, say, dashboard)
    if ended == "stopped":
        say(f"Paused; everything is kept. Continue with: {study_command('run', given)}")
        raise typer.Exit(INTERRUPTED)
    _show(given, json)


def _show(study: Study, json: bool) -> None:
    """The result on stdout; what failed on stderr, with the exit code for it."""
    study.reread()
    if json:
        print_json(study_report(study))
    else:
        cells_table(study)
    if study.view.failed:
        for name, why in study.view.failed.items():
            say(f"Cell {name} has failed: {why}")
        say(f"To run them again: {study_command('retry', study)}, then {study_command('run', study)}")
        raise typer.Exit(FAILED)


def _slurm_options(given: list[str]) -> dict[str, Any]:
    """Options of Slurm's jobs by name; values are TOML, anything else is text."""
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip():
            raise InvalidValue("--slurm-set", one, "NAME=VALUE, such as queue=gpu")
        found[name.strip()] = toml_value(value.strip())
    return found


@contextmanager
def _stops() -> Iterator["_Stops"]:
    """Have signals end a run in order; a second one ends this process at once."""
    heard = _Stops()
    numbers = [signal.Signals[name] for name in _HEARD if name in signal.Signals.__members__]
    before = {
        number: signal.signal(number, heard.hear) for number in numbers if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Stops:
    """Whether a signal to stop has come."""

    def __init__(self) -> None:
        self._is_heard = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Take note of a signal."""
        if self._is_heard:
            raise KeyboardInterrupt
        self._is_heard = True
        say("Pausing: every worker finishes its chunk and writes a checkpoint.")

    def __call__(self) -> bool:
        """As `run_study` asks."""
        return self._is_heard
