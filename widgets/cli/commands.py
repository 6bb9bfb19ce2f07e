"""All commands of the command line, registered with its application."""

from widgets.cli import (
    analysing,
    branching,
    broadcasting,
    catalogue,
    collecting,
    comparing,
    data,
    doctor,
    engine_log,
    export,
    gallery,
    kit,
    labelling,
    learn,
    lessons,
    listing,
    own_code,
    pausing,
    planning,
    run,
    study,
    switching,
    terminal,
    transferring,
)
from widgets.cli.app import app

__all__ = ["app"]

_MODULES = (
    run,
    planning,
    terminal,
    gallery,
    broadcasting,
    collecting,
    listing,
    labelling,
    branching,
    switching,
    pausing,
    transferring,
    analysing,
    comparing,
    export,
    study,
    data,
    doctor,
    engine_log,
    lessons,
    learn,
    kit,
    own_code,
    catalogue,
)
for _commands in _MODULES:
    _commands.register(app)
