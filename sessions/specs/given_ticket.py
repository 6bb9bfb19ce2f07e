"""A ticket that a branch begins with, from a file: anybody's mask and weights."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class GivenTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[ticket]` of a spec or of a branch."""

    path: Annotated[str, Meta(min_length=1)]
    """The file: what `export ticket` writes, in any of its formats."""
    weights: Literal["start", "trained", "fresh"] = "start"
    """Which weights round 0 starts from: those that the ticket's own training started from, those that it found, or
    fresh ones. A file that has one kind alone gives that."""
