"""The firewall between one request and the process: a command is read with care, and what goes wrong is a sentence.

An unexpected exception is logged with its traceback, and the engine goes on.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import msgspec

from sessions.messages import commands
from sessions.serving.endpoint import log_path
from sessions.specs.validation import checked, convert
from ticket_explorer.callbacks import raised_in_callback
from ticket_explorer.errors import LOG, InvalidValue, TicketError, UnknownName, unforeseen
from ticket_explorer.tables import is_table

KEPT = 4096
"""Bytes of a command that is journalled as it came, though it was refused."""
DEEPEST = 16
"""Tables within tables, of such a command."""


def understood(given: Any) -> commands.Command:
    """Validate a command, whether it was made in this process or sent as tables.

    Raises:
        TicketError: if it is no command, or one of its fields can't be so.
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
    """Whether a command, or what was sent as one, changes nothing and is not journalled."""
    name = given.get("type") if is_table(given) else None
    kind = type(given) if isinstance(given, commands.Command) else commands.COMMANDS.get(str(name))
    return kind is not None and not kind.is_journalled


def gist(given: Any) -> dict[str, Any]:
    """A refused command as it is journalled; of one that is large or can't be written, its type."""
    try:
        table = msgspec.to_builtins(given, builtin_types=(bytes,))
        if is_table(table) and _is_plain(table) and len(msgspec.msgpack.encode(table)) <= KEPT:
            return table
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        pass  # nothing that a journal could hold
    kind = given.get("type") if is_table(given) else type(given).__name__
    return {"type": str(kind)[:80]}


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Whether tables have texts as keys, and are not nested without end."""
    if is_table(value):
        keyed = all(isinstance(key, str) for key in value)
        return keyed and depth < DEEPEST and all(_is_plain(inner, depth + 1) for inner in value.values())
    return not isinstance(value, list) or (depth < DEEPEST and all(_is_plain(inner, depth + 1) for inner in value))


def sentence_of(error: Exception, what: str) -> TicketError:
    """What a person can do about an exception; an unexpected one is logged.

    Args:
        error: What was raised.
        what: What came to nothing, `The run stopped`.
    """
    if isinstance(error, jax.errors.JaxRuntimeError):
        if "RESOURCE_EXHAUSTED" in str(error):
            return TicketError("The device has too little memory.", remedy="Make the population or the batch smaller.")
        if (said := raised_in_callback()) is not None:
            return said
    return unforeseen(error, what)


@contextmanager
def logging_to(session: Path) -> Iterator[None]:
    """Log unexpected errors to the file of the session's engine, if it can have one, and nowhere else."""
    if (log := log_path(session)) is None:
        yield
        return
    handler = logging.FileHandler(log, delay=True, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    LOG.addHandler(handler)
    was, LOG.propagate = LOG.propagate, False
    try:
        yield
    finally:
        LOG.propagate = was
        LOG.removeHandler(handler)
        handler.close()
