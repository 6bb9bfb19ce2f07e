"""Whether the app can be shown: it needs a terminal, or a server that shows it in a browser."""

import os
import sys

from ticket_explorer.errors import TicketError


def require_terminal(instead: str) -> None:
    """Refuse to open the app where it can't be shown.

    Args:
        instead: A sentence on what to do there.

    Raises:
        TicketError: if input or output is not a terminal, and no server shows the app in a browser.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()) and "TEXTUAL_DRIVER" not in os.environ:
        raise TicketError(f"The app needs a terminal, and this is not one; {instead}")
