"""How a command fails: one sentence on stderr and an exit code, whatever was raised."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from sessions.store.errors import as_sentence
from ticket_explorer.errors import TicketError
from widgets.cli import output
from widgets.shared import error_log

BAD_INPUT = 2
FAILED = 1
INTERRUPTED = 130


@contextmanager
def ends_in_a_sentence() -> Iterator[None]:
    """Turn every error into a sentence and an exit, so that no traceback reaches the terminal.

    Raises:
        SystemExit: 2 for what a person can fix, 1 for output that can't be written and for our own errors, 130 after
            an interruption, 0 if the reader of the output left.
    """
    try:
        yield
        output.flush()
    except (typer.Exit, typer.Abort, TyperException):
        raise
    except TicketError as error:
        _fail(str(error), BAD_INPUT)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        output.give_up()
        raise SystemExit(0) from None
    except OSError as error:
        if error.filename is None:
            output.give_up()
        _fail(str(as_sentence(error.filename or "the output", error)), BAD_INPUT if error.filename else FAILED)
    except Exception as error:
        _fail(error_log.keep(error), FAILED)


def _fail(sentence: str, code: int) -> NoReturn:
    try:
        output.say(f"ticket-explorer: {sentence}", style="red")
    except OSError:
        output.give_up()
    raise SystemExit(code) from None
