"""Events about breakpoints: one is set, removed, or met."""

from typing import Any, ClassVar

from sessions.messages.event import Event


class BreakpointSet(Event, frozen=True, kw_only=True):
    """The session will pause where this says."""

    must_last: ClassVar[bool] = True
    number: int
    """By which it is removed; counted from 1, and never used again."""
    when: dict[str, Any]
    """A table as in the spec's `[[pause_at]]`."""


class BreakpointRemoved(Event, frozen=True, kw_only=True):
    """A breakpoint was removed."""

    must_last: ClassVar[bool] = True
    number: int


class BreakpointMet(Event, frozen=True, kw_only=True):
    """The session pauses because of a breakpoint, which stays set for other rounds."""

    must_last: ClassVar[bool] = True
    number: int
    branch: str
    round: int
    """The round that runs or has finished, or is about to begin."""
    said: str
    """What was met, as a sentence."""
