"""What all events have."""

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The base of all events."""

    must_last: ClassVar[bool] = False
    """Whether to wait until its record would survive a power failure: a person's decision, a whole round."""
    at: float = 0.0
    """Seconds since 1970; plays no part in what is computed."""
