"""Which code of one's own this user lets run: a text, the object that is named in it, and the arguments it gets.

All three count: a forged session could name another function of a text that one trusts, or call it with other
arguments. Trust is remembered by hash. No JAX is imported here.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ticket_explorer.errors import TicketError
from ticket_explorer.places import home, make_private


def digest(source: str) -> str:
    """What tells a text from all others."""
    return hashlib.sha256(source.encode()).hexdigest()


def is_trusted(place: str, source: str, parameters: Mapping[str, Any]) -> bool:
    """Whether this user named the object with these arguments, or looked at both and said so.

    Args:
        place: File and object, `rules.py:my_score`; only the object counts.
        source: The file's text.
        parameters: The object's arguments.
    """
    try:
        return _mark(place, source, parameters) in _trusted().read_text("utf-8").split()
    except OSError:
        return False


def trust(place: str, source: str, parameters: Mapping[str, Any]) -> None:
    """Run this object with these arguments whenever a session has them.

    Raises:
        TicketError: if that can't be kept.
    """
    if is_trusted(place, source, parameters):
        return
    try:
        make_private(home())
        descriptor = os.open(_trusted(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{_mark(place, source, parameters)}\n")
    except OSError as error:
        raise TicketError(f"{_trusted()} can't be written: {error.strerror or error}.") from None


def _mark(place: str, source: str, parameters: Mapping[str, Any]) -> str:
    what = [digest(source), place.rpartition(":")[2], parameters]
    return digest(json.dumps(what, sort_keys=True, default=str))


def _trusted() -> Path:
    return home() / "trusted"
