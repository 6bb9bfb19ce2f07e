"""How a command fails: one sentence on stderr and an exit code, whatever was raised."""

import os
import traceback
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

_TRACEBACK = "--traceback"
_SHOWS = "TICKET_EXPLORER_TRACEBACK"
"""Set where tracebacks of a user's own code are wanted."""


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
        show_cause(error)
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


def wants_tracebacks(arguments: list[str]) -> list[str]:
    """The arguments of a command without `--traceback`, which may stand anywhere and is taken note of."""
    if _TRACEBACK in arguments:
        os.environ[_SHOWS] = "1"
    return [argument for argument in arguments if argument != _TRACEBACK]


def show_cause(error: TicketError) -> None:
    """The traceback of a user's own code that an error came from, if it was asked for by `--traceback`."""
    if os.environ.get(_SHOWS) and error.__cause__ is not None:
        output.say("".join(traceback.format_exception(error.__cause__)).rstrip())


def _fail(sentence: str, code: int) -> NoReturn:
    try:
        output.say(f"ticket-explorer: {sentence}", style="red")
    except OSError:
        output.give_up()
    raise SystemExit(code) from None
