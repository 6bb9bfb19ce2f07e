"""Whom the engine tells what happens."""

from collections.abc import Callable
from dataclasses import dataclass

from sessions.messages import events
from sessions.messages.emit import Emit


@dataclass(frozen=True)
class Watchers:
    """Where events go."""

    journal: Emit
    live: Callable[[events.Event], None]
    """For what is not kept: frames in between, how far an analysis is."""
    frame: Callable[[events.Frame], None]
    """For frames that are kept."""
    wants_frames: Callable[[], bool]
