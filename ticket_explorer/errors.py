"""What a person is told when something can't be done: one sentence, never a traceback.

Every message says what was given, what was expected and what to do about it. Each of these has a field of its own,
so that a form can show it where it belongs; nobody takes a sentence apart. `docs/errors.md` draws the tree of errors.
"""

import logging
from collections.abc import Iterable
from difflib import get_close_matches

LOG = logging.getLogger("ticket_explorer.unforeseen")
"""Where tracebacks go; an engine has a file for them."""
LONGEST = 300
"""Characters of a value that a sentence repeats."""


class TicketError(Exception):
    """Something the person asked for can't be done; the message says why and what would work.

    Args:
        said: The sentence, without the path and the remedy.
        path: The path of the value that it concerns, `$.pruning.ratio`; empty if there is none.
        given: What was given, in words.
        expected: What would have been accepted, in words.
        remedy: What to do, a sentence of its own.
    """

    def __init__(self, said: str, *, path: str = "", given: str = "", expected: str = "", remedy: str = ""):
        self.said, self.path, self.given, self.expected, self.remedy = said, path, given, expected, remedy
        super().__init__(said)

    def __str__(self) -> str:
        """All of it in a line."""
        return f"{f'{self.path}: ' if self.path else ''}{self.said}{f' {self.remedy}' if self.remedy else ''}"

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of a traceback."""
        return [str(self)]


class UnknownName(TicketError):
    """A name that no registry entry has."""

    def __init__(self, kind: str, name: str, known: Iterable[str], path: str = ""):
        name, names = shortened(name), sorted(known)
        near = get_close_matches(name, names, n=1)
        hint = f" did you mean {near[0]}?" if near else ""
        said = f"unknown {kind} {name!r};{hint} {'Known' if near else 'known'}: {', '.join(names)}."
        super().__init__(said, path=path, given=name, expected=f"one of {', '.join(names)}")


class InvalidValue(TicketError):
    """A value outside what its field allows.

    Args:
        path: The value's path in the spec, `$.pruning.ratio`.
        given: The value as it was given.
        expected: What would have been accepted, in words.
    """

    def __init__(self, path: str, given: object, expected: str):
        said = shortened(str(given)) or "nothing"
        super().__init__(f"{said}, expected {expected}", path=shortened(path), given=said, expected=expected)


class Unforeseen(TicketError):
    """An unexpected error: a mistake of ours."""


def unforeseen(error: Exception, what: str) -> Unforeseen:
    """The error that reports an unexpected exception; its traceback goes to `LOG`.

    Args:
        error: What was raised.
        what: What came to nothing, `The run stopped`.
    """
    LOG.error("%s", what, exc_info=error)
    reason = shortened(f"{type(error).__name__}: {error}".splitlines()[0])
    where = "The engine's log says more." if LOG.handlers else "Its traceback, above, says more."
    return Unforeseen(f"{what} because of an unexpected error ({reason}).", remedy=where)


def shortened(given: str) -> str:
    """What was given, as much of it as a sentence can take."""
    return given if len(given) <= LONGEST else f"{given[:LONGEST]}…"
