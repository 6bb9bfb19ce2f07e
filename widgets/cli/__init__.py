"""The command line, `ticket-explorer`: stdout is data, stderr is narration and progress.

Exit codes: 0 done, 1 the run failed, 2 usage or bad input, 130 interrupted.
"""

from widgets.cli import branching, catalogue, data, export, listing, run
from widgets.cli.app import app

__all__ = ["app", "main"]

for _commands in (run, listing, branching, export, data, catalogue):
    _commands.register(app)


def main() -> None:
    """Run the command line and exit."""
    app()
