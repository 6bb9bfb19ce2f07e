"""The option `--device`: what this command, and the processes that it starts, compute on."""

from typing import Annotated

import typer

from sessions.plans.devices import take
from widgets.cli import completion
from widgets.cli.failures import ends_in_a_sentence


def _taken(ctx: typer.Context, given: str | None) -> str | None:
    if given is not None and not ctx.resilient_parsing:  # a shell that asks what may follow takes no device
        with ends_in_a_sentence():
            take(given)
    return given


DeviceOption = Annotated[
    str | None,
    typer.Option(
        "--device",
        callback=_taken,
        metavar="NAME",
        help="Compute on cpu, gpu or gpu:1.",
        autocompletion=completion.devices,
    ),
]
