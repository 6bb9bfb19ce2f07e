"""Where a person is in each tour, kept under their home, so that they come back where they were."""

from contextlib import suppress
from pathlib import Path

import msgspec

from sessions.store.errors import UNREADABLE
from sessions.store.files import write_atomic
from ticket_explorer.errors import TicketError
from ticket_explorer.places import home, make_private


class Place(msgspec.Struct, kw_only=True):
    """Where a person is in one tour."""

    step: int = 0
    """From 0."""
    session: str = ""
    """The path of the tour's session; empty before there is one."""
    done: list[int] = []
    """The steps whose tasks were done."""
    guesses: dict[int, str] = {}
    """What was guessed, by step."""


class Places(msgspec.Struct, kw_only=True):
    """The places in all tours."""

    tours: dict[str, Place] = {}
    """By the tours' numbers."""


def places_path() -> Path:
    """The file that keeps them."""
    return home() / "tours.msgpack"


def load() -> Places:
    """The places that are kept; none if there is no such file, or it can't be read."""
    try:
        return msgspec.msgpack.decode(places_path().read_bytes(), type=Places)
    except (OSError, *UNREADABLE):
        return Places()


def save(tour: str, place: Place) -> None:
    """Keep a place; if the disk is full or read-only, it is forgotten."""
    places = load()
    places.tours[tour] = place
    with suppress(OSError, TicketError):
        make_private(places_path().parent)
        write_atomic(places_path(), msgspec.msgpack.encode(places))
