"""The command line, as `python -m ticket_explorer` and as the script `ticket-explorer`."""

import os
import sys


def main() -> None:
    """Run the command line and exit."""
    from ticket_explorer.errors import TicketError
    from ticket_explorer.siblings import claim

    try:
        claim("sessions", "widgets")
    except TicketError as error:
        print(f"ticket-explorer: {error}", file=sys.stderr)
        sys.exit(2)
    from widgets.cli import main as run

    run()


def _leave_working_directory() -> None:
    """Import nothing from where the command happens to be typed: `-m` puts that first, as the script does not."""
    if not sys.flags.safe_path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]


if __name__ == "__main__":
    _leave_working_directory()
    main()
