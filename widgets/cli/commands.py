"""All commands of the command line, registered with its application."""

from widgets.cli import analysing, branching, catalogue, comparing, data, export, listing, run, terminal, transferring
from widgets.cli.app import app

__all__ = ["app"]

for _commands in (run, terminal, listing, branching, transferring, analysing, comparing, export, data, catalogue):
    _commands.register(app)
