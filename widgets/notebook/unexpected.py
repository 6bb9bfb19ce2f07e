"""What goes wrong in a widget's callback is a sentence, never a traceback that nobody sees.

Jupyter writes an exception of a callback to a log that is closed by default, and the widget looks as if nothing
had been asked.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ticket_explorer.errors import TicketError


@contextmanager
def spoken(say: Callable[[str], None]) -> Iterator[None]:
    """Say what goes wrong inside, and go on after it.

    Args:
        say: Is given a sentence: the error's own, or what to report of an unexpected one. Its traceback is logged.
    """
    try:
        yield
    except TicketError as error:
        say(str(error))
    except Exception as error:
        logging.getLogger("ticket_explorer").exception("Unexpected error in a widget")
        say(
            f"An unexpected error ({type(error).__name__}: {error}). The session is untouched. Run the cell again; if "
            "it happens again, report it with the traceback in the kernel's log (View > Show Log Console)."
        )
