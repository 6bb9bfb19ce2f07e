"""The command line, `ticket-explorer`: stdout is data, stderr is narration and progress.

Exit codes: 0 done, 1 the run failed, 2 usage or bad input, 130 interrupted. Without arguments the app
opens, and of the commands nothing is imported: the first picture waits for every import.
"""

import os
import sys
import warnings

from ticket_explorer import own_process, plain_ascii
from ticket_explorer.errors import TicketError
from ticket_explorer.places import home
from widgets.cli.in_terminal import require_terminal

__all__ = ["main"]

_AS_EVER = warnings.formatwarning
_COMPLETING = "_TICKET_EXPLORER_COMPLETE"
"""Set by the shell when it asks what could be typed next."""


def _in_a_sentence(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """Print the sentence about a plug-in that is left out; other warnings appear as usual."""
    if category.__name__ == "PlugInWarning":
        return f"ticket-explorer: {message}\n"
    return _AS_EVER(message, category, filename, lineno, line)


def main() -> None:
    """Run the command line and exit; `--traceback`, anywhere, has errors of a user's own code shown whole."""
    own_process.settle()
    plain_ascii.allow()
    warnings.formatwarning = _in_a_sentence
    if len(sys.argv) > 1 or _COMPLETING in os.environ:
        from widgets.cli.commands import app
        from widgets.cli.failures import ends_in_a_sentence, wants_tracebacks

        sys.argv = wants_tracebacks(sys.argv)
        with ends_in_a_sentence():
            app()
        return
    try:
        home()
        require_terminal("`ticket-explorer open SESSION --plain` writes lines of text, --help lists the commands.")
    except TicketError as error:
        print(f"ticket-explorer: {error}", file=sys.stderr)
        sys.exit(2)
    from widgets.terminal.app import TicketExplorer

    TicketExplorer().run()
