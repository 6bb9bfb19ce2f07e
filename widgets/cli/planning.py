"""`plan` and `tune`: what a session would cost here, and the fastest way to compute its populations."""

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sessions.plans.cost import estimate_session
from sessions.plans.devices import device_words
from sessions.plans.disk import free_bytes
from sessions.specs.sources import DEFAULT, spec_of
from sessions.specs.spec import Plan, Spec
from ticket_explorer.errors import TicketError
from ticket_explorer.places import sessions_dir
from widgets.cli import completion
from widgets.cli.app import told
from widgets.cli.device import DeviceOption
from widgets.cli.output import narration, say, write
from widgets.shared.wording import about, in_bytes

if TYPE_CHECKING:
    from ticket_explorer.networks.form_table import Measured, Timed

Given = Annotated[
    str | None,
    typer.Argument(
        metavar="[SPEC]",
        help=f"As for `run`; by default {DEFAULT!r}.",
        autocompletion=completion.presets_and_files,
    ),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a field: network.precision=tf32")
]
Replicates = Annotated[int | None, typer.Option(help="Random seeds run together.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(plan)
    app.command()(tune)


@told
def plan(
    spec: Given = None,
    set_: Set = None,
    rounds: Annotated[int | None, typer.Option(help="Rounds, the dense one included.")] = None,
    generations: Annotated[int | None, typer.Option(help="Generations a round.")] = None,
    replicates: Replicates = None,
    device: DeviceOption = None,
) -> None:
    """Show what a session would cost, and on which device.

    The size of the network and the weights left at the end, the time and the memory, the device, how much of its memory
    is free, and how many other processes use it. Nothing is computed.
    """
    given = spec_of(spec, set_ or [], rounds, generations, replicates, None)
    write(f"device       {device_words()}")
    cost = estimate_session(given)
    write(
        f"network      {cost.parameters:,} parameters, {cost.prunable:,} prunable, {cost.kept_last:,} left at the end"
    )
    write(f"generations  {cost.generations:,} in {len(given.branches)} branches × {given.replicates} replicates")
    write(f"time         {about(cost.seconds)}")
    write(f"memory       up to about {cost.memory_bytes / 1e9:.1f} GB")
    write(f"disk         about {in_bytes(cost.disk_bytes)} at the end; {in_bytes(free_bytes(sessions_dir()))} are free")


@told
def tune(
    spec: Given = None,
    set_: Set = None,
    replicates: Replicates = None,
    within: Annotated[float, typer.Option(min=1, help="Seconds for each network; some forms may go untried.")] = 120,
    device: DeviceOption = None,
) -> None:
    """Measure the fastest way to compute populations here.

    Tries every form of each network at the session's sizes, prints their times, and keeps them: new rounds of any
    session then take the fastest. Running rounds keep theirs. Run nothing else meanwhile.
    """
    given = spec_of(spec, set_ or [], None, None, replicates, None)
    with narration.status("loading JAX and the tasks"):
        from ticket_explorer.networks.form_table import keep
    kept = [_tuned(plan_, given.replicates, within) for plan_ in _each_work(given)]
    found = [one for one in kept if one is not None]
    if not found:
        raise TicketError(
            "There is nothing to measure: only populations that an evolution strategy or mask evolution evaluates on "
            "batches of examples have forms. Name a spec that has one, such as fashion."
        )
    say(f"Kept in {keep(found)}. New rounds take the fastest form.")


def _each_work(spec: Spec) -> list[Plan]:
    """The plans with different populations, each once."""
    plans: dict[tuple[object, ...], Plan] = {}
    for branch in spec.branches:
        key = (branch.plan.task, branch.plan.network, branch.plan.trainer.individuals)
        plans.setdefault(key, branch.plan)
    return list(plans.values())


def _tuned(plan_: Plan, replicates: int, within: float) -> "Measured | None":
    from ticket_explorer.networks.measuring import Trial
    from ticket_explorer.problems import bind

    individuals = plan_.trainer.individuals
    if individuals is None:
        return None
    trial = Trial.of(bind(plan_.task.taken_up(), plan_.network), individuals, replicates)
    if trial is None:
        return None
    timed: list[Timed] = []
    forms, end = trial.forms, time.monotonic() + within
    with narration.status("") as status:
        for number, form in enumerate(forms):
            if timed and time.monotonic() > end:
                say(f"{len(forms) - number} of {len(forms)} forms were not tried: the {within:g} s are up.")
                break
            status.update(f"{number + 1} of {len(forms)}: {form.words}")
            timed.append(trial.timed(form))
    found = trial.told(timed)
    narration.print(_table(found))
    return found


def _table(found: "Measured") -> Table:
    """The time of each form, the fastest first."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=f"{found.work.words}, on {found.device}", title_justify="left")
    table.add_column("form")
    table.add_column("ms a generation", justify="right")
    for one in found.timed:
        value = "does not fit" if one.milliseconds is None else f"{one.milliseconds:.2f}"
        table.add_row(Text(one.form.words), value)
    return table
