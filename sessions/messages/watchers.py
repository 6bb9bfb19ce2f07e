"""Where the engine sends what happens."""

from collections.abc import Callable
from dataclasses import dataclass

from sessions.messages import events
from sessions.messages.emit import Emit


@dataclass(frozen=True)
class Watchers:
    """Where events go."""

    journal: Emit
    live: Callable[[events.Event], None]
    """For events that are not kept: frames in between, the progress of analyses."""
    frame: Callable[[events.Frame], None]
    """For frames that are kept."""
    wants_frames: Callable[[], bool]
