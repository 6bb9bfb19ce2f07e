"""The firewall between a request and the process: commands are validated, and whatever goes wrong becomes a sentence.

An unexpected exception is logged with its traceback, and the engine goes on.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import jax
import msgspec

from sessions.messages import commands
from sessions.specs.validation import checked, convert
from sessions.store.engine_log import open_log
from ticket_explorer.callbacks import raised_in_callback
from ticket_explorer.errors import LOG, InvalidValue, TicketError, UnknownName, unforeseen
from ticket_explorer.tables import is_table

KEPT = 4096
"""The largest refused command, in bytes, that is journalled as it came."""
DEEPEST = 16
"""The deepest nesting of tables in such a command."""


def understood(given: Any) -> commands.Command:
    """Validate a command, whether it was made in this process or sent as tables.

    Raises:
        TicketError: if it is no command, or the value of a field is impossible.
    """
    if isinstance(given, commands.Command):
        return checked(given)
    if not is_table(given):
        raise InvalidValue("$", type(given).__name__, "a table with the type of a command")
    kind = commands.COMMANDS.get(name := str(given.get("type")))
    if kind is None:
        raise UnknownName("command", name, commands.COMMANDS)
    return convert({key: value for key, value in given.items() if key != "type"}, kind, "$")


def is_question(given: Any) -> bool:
    """Whether a command, or what was sent as one, only asks and is not journalled."""
    name = given.get("type") if is_table(given) else None
    kind = type(given) if isinstance(given, commands.Command) else commands.COMMANDS.get(str(name))
    return kind is not None and not kind.is_journalled


def gist(given: Any) -> dict[str, Any]:
    """A refused command as it is journalled; only its type if it is large or can't be written."""
    try:
        table = msgspec.to_builtins(given, builtin_types=(bytes,))
        if is_table(table) and _is_plain(table) and len(msgspec.msgpack.encode(table)) <= KEPT:
            return table
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        pass  # nothing that a journal could hold
    kind = given.get("type") if is_table(given) else type(given).__name__
    return {"type": str(kind)[:80]}


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Whether tables have text keys, and are not nested too deeply."""
    if is_table(value):
        keyed = all(isinstance(key, str) for key in value)
        return keyed and depth < DEEPEST and all(_is_plain(inner, depth + 1) for inner in value.values())
    return not isinstance(value, list) or (depth < DEEPEST and all(_is_plain(inner, depth + 1) for inner in value))


def sentence_of(error: Exception, what: str) -> TicketError:
    """The error to show for an exception; an unexpected one is logged.

    Args:
        error: The exception to report.
        what: What failed, as a sentence begins: `The run stopped`.
    """
    if isinstance(error, jax.errors.JaxRuntimeError):
        if "RESOURCE_EXHAUSTED" in str(error):
            return TicketError("The device has too little memory.", remedy="Make the population or the batch smaller.")
        if (said := raised_in_callback()) is not None:
            return said
    return unforeseen(error, what)


class _ToLog(logging.Handler):
    """Appends to a session's log, which rotates; where it can't be written, nothing is lost but the details."""

    def __init__(self, session: Path) -> None:
        super().__init__()
        self._session = session

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError), open(open_log(self._session), "a", encoding="utf-8") as file:
            file.write(self.format(record) + "\n")


@contextmanager
def logging_to(session: Path) -> Iterator[None]:
    """Log unexpected errors only to the log file in the session's directory."""
    handler = _ToLog(session)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    LOG.addHandler(handler)
    was, LOG.propagate = LOG.propagate, False
    try:
        yield
    finally:
        LOG.propagate = was
        LOG.removeHandler(handler)
