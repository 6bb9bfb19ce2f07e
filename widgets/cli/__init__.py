"""The command line, `ticket-explorer`: stdout is data, stderr is narration and progress.

Exit codes: 0 done, 1 the run failed, 2 usage or bad input, 130 interrupted. Without arguments the app
opens, and of the commands nothing is imported: the first picture waits for every import.
"""

import os
import sys
from typing import TYPE_CHECKING, Any

from ticket_explorer.errors import TicketError

if TYPE_CHECKING:
    from widgets.cli.app import app

__all__ = ["app", "main"]

_COMPLETING = "_TICKET_EXPLORER_COMPLETE"
"""Set by the shell when it asks what could be typed next."""


def main() -> None:
    """Run the command line and exit."""
    if len(sys.argv) > 1 or _COMPLETING in os.environ:
        __getattr__("app")()
        return
    try:
        require_terminal("`ticket-explorer open SESSION --plain` writes lines of text, --help lists the commands.")
    except TicketError as error:
        print(f"ticket-explorer: {error}", file=sys.stderr)
        sys.exit(2)
    from widgets.terminal.app import TicketExplorer

    TicketExplorer().run()


def require_terminal(instead: str) -> None:
    """Refuse to open the app where it can't be seen.

    Args:
        instead: A sentence on what to do there.

    Raises:
        TicketError: if input or output is no terminal, and nobody serves the app to a browser.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()) and "TEXTUAL_DRIVER" not in os.environ:
        raise TicketError(f"The app needs a terminal, and this is none; {instead}")


def __getattr__(name: str) -> Any:
    """`app`, with all commands, when it is first asked for."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from widgets.cli import branching, catalogue, data, export, listing, run, terminal
    from widgets.cli.app import app as application

    if not application.registered_commands:
        for commands in (run, terminal, listing, branching, export, data, catalogue):
            commands.register(application)
    globals()["app"] = application  # importing the module of that name has set it to the module
    return application
