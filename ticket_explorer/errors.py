"""What a person is told when something can't be done: one sentence, never a traceback.

Every message says what was given, what was expected and what to do about it.
"""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises of bytes that hold something else than was expected."""


class TicketError(Exception):
    """Something the person asked for can't be done; the message says why and what would work."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of a traceback."""
        return [str(self)]


class UnknownName(TicketError):
    """A name that no registry entry has."""

    def __init__(self, kind: str, name: str, known: Iterable[str], path: str | None = None):
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        hint = f" did you mean {near[0]}?" if near else ""
        where = f"{path}: " if path else ""
        super().__init__(f"{where}unknown {kind} {name!r};{hint} {'Known' if near else 'known'}: {', '.join(names)}.")


class InvalidValue(TicketError):
    """A value outside what its field allows.

    Args:
        path: Where the value stands in the spec, `$.pruning.ratio`.
        given: The value as it was given.
        expected: What would have been accepted, in words.
    """

    def __init__(self, path: str, given: object, expected: str):
        super().__init__(f"{path}: {given}, expected {expected}")
