"""Events about a round that doesn't come to its end."""

from typing import ClassVar

from sessions.messages.event import Event


class RoundDropped(Event, frozen=True, kw_only=True):
    """A round that had begun is forgotten with all its generations; its branch begins it again, by its plan by then."""

    must_last: ClassVar[bool] = True
    branch: str
    round: int
    generations: int
    """How many of them were done."""
