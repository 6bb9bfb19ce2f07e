"""Where events go."""

from typing import Protocol

from sessions.messages.events import Event


class Emit(Protocol):
    """Takes events. Events that are given together happen together, or not at all."""

    def __call__(self, *events: Event) -> None:
        """Record these events and tell the viewers."""
