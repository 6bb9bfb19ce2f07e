"""Runs code of one's own, if it is trusted: a text becomes a module, and what fails in it a sentence with its line.

Whatever the code does to the process is undone, or kept off the output, by `own_surroundings`. No JAX is imported here.
"""

import linecache
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from ticket_explorer.callbacks import OWN_TEXT, keep_tracebacks_off
from ticket_explorer.errors import TicketError, shortened
from ticket_explorer.own_surroundings import kept
from ticket_explorer.own_trust import digest, is_trusted

_ONE_FILE = "a session keeps one file: put what belongs together into it, or install the module"
"""What to do about an import that fails."""


class OwnCodeError(TicketError):
    """Code of one's own fails, or gives something else than it should; other branches may go on."""


def loaded(place: str, source: str, parameters: Mapping[str, Any]) -> Any:
    """The object that a place names in a text.

    Args:
        place: File and object, `rules.py:my_score`.
        source: The file's text.
        parameters: What it will be called with: trust is in both.

    Raises:
        TicketError: if it is not trusted, the text doesn't run, or has no such object.
    """
    check_trust(place, source, parameters)
    return object_of(place, source)


def check_trust(place: str, source: str, parameters: Mapping[str, Any]) -> None:
    """Refuse to run what this user doesn't trust.

    Raises:
        TicketError: if it is not trusted.
    """
    if not is_trusted(place, source, parameters):
        raise TicketError(
            f"This session has code of its own, {place}, which is not run before you trust it. "
            "Look at it, and say so: ticket-explorer trust SESSION"
        )


def object_of(place: str, source: str) -> Any:
    """The object that a place names in a text that was found to be trusted.

    Raises:
        TicketError: if the text doesn't run, or has no such object.
    """
    file, _, attribute = place.rpartition(":")
    module = _module(file, source)
    if not hasattr(module, attribute):
        there = [name for name in vars(module) if not name.startswith("_")]
        raise TicketError(f"{file} has no {attribute}; it has {', '.join(there) or 'nothing'}.")
    found = getattr(module, attribute)
    if getattr(found, "__module__", None) != module.__name__:  # trust is in the text, not in what it imports
        raise TicketError(
            f"{place} is not defined in {file} but imported there; name a function or class of that file."
        )
    return found


@cache
def _module(file: str, source: str) -> ModuleType:
    """The text run once, as a module of its own."""
    name = f"_own_{digest(source)[:16]}"
    shown = _shown(file, source)
    linecache.cache[shown] = (len(source), None, source.splitlines(keepends=True), shown)
    module = ModuleType(name)
    module.__file__, module.__package__ = shown, ""
    keep_tracebacks_off()
    sys.modules[name] = module
    try:
        with told(file, source):
            exec(compile(source, shown, "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def told(file: str, source: str) -> Iterator[None]:
    """Errors of a text as sentences that name its file and the line; what it changes in the process is undone.

    Raises:
        TicketError: in place of any other exception, also of one that would end the process.
    """
    with in_sentences(file, source):
        with kept() as changed:
            yield
        if changed:
            names = ", ".join(changed)
            raise OwnCodeError(
                f"{file} changes {names} of JAX, which all branches share; leave JAX's settings as they are."
            )


@contextmanager
def in_sentences(file: str, source: str) -> Iterator[None]:
    """Errors of a text as sentences that name its file and the line.

    Raises:
        TicketError: in place of any other exception, also of one that would end the process.
    """
    try:
        yield
    except TicketError:
        raise
    except SyntaxError as error:
        raise OwnCodeError(f"{file}, line {error.lineno}: {error.msg}.") from error
    except (Exception, SystemExit) as error:
        raise OwnCodeError(f"{_where(file, source, error)}: {_what(error)}.") from error


def failed_in_callback(text: str) -> OwnCodeError | None:
    """What JAX says of an error in a callback, if that is one of a text of one's own; None if it isn't.

    Args:
        text: What JAX says, with a traceback.
    """
    lines = re.findall(rf'File "{OWN_TEXT.pattern}", line (\d+)', text)
    what = text.rstrip().splitlines()[-1:]
    if not (lines and what):
        return None
    file, line = lines[-1]
    return OwnCodeError(f"{file}, line {line}: {shortened(what[0]).rstrip('.')}.")


def _where(file: str, source: str, error: BaseException) -> str:
    shown = _shown(file, source)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == shown]
    return f"{file}, line {lines[-1]}" if lines else file


def _what(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "it ends the process by sys.exit; raise an error, or return, instead"
    if isinstance(error, MemoryError):
        return "there is not enough memory for what it makes"
    said = shortened(f"{type(error).__name__}: {error}".splitlines()[0]).rstrip(".")
    return f"{said}; {_ONE_FILE}" if isinstance(error, ImportError) else said


def _shown(file: str, source: str) -> str:
    return f"<{file} {digest(source)[:8]}>"


class Called:
    """A function of one's own with its parameters; what goes wrong in it names the line."""

    def __init__(self, place: str, source: str, parameters: Mapping[str, Any]) -> None:
        self._file, self._source = place.rpartition(":")[0], source
        self._function, self._parameters = loaded(place, source, parameters), dict(parameters)
        if not callable(self._function):
            raise TicketError(f"{place} is no function.")

    def __call__(self, *given: Any) -> Any:
        """What the function returns.

        Raises:
            TicketError: if it fails, with the line.
        """
        with told(self._file, self._source):
            return self._function(*given, **self._parameters)
