"""All commands of the command line, registered with its application."""

from widgets.cli import (
    analysing,
    branching,
    catalogue,
    comparing,
    data,
    doctor,
    export,
    lessons,
    listing,
    own_code,
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
    listing,
    branching,
    switching,
    transferring,
    analysing,
    comparing,
    export,
    study,
    data,
    doctor,
    lessons,
    own_code,
    catalogue,
)
for _commands in _MODULES:
    _commands.register(app)
