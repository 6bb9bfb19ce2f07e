"""What a session says while it waits for an executable: a brax task takes a minute, which must not look like a hang."""

import time
from collections.abc import Callable, Mapping

from sessions.messages import events
from sessions.tickets.compiler import Awaited, Key
from sessions.views.session_view import SessionView

PARTS: Mapping[object, str] = {
    "initialise": "initial weights",
    "init": "the start of a round",
    "advance": "generations",
    "score": "the score",
    "choose": "the choice of the result",
    "prune": "pruning",
    "rollout": "an episode",
    "examples": "examples",
    "landscape": "an analysis",
}
"""What is compiled, by the first entry of an executable's key."""


def teller(view: SessionView, live: Callable[[events.Event], None]) -> Awaited:
    """Reports, live only, which executable is waited for, and when it is ready."""

    def tell(key: Key | None) -> None:
        live(events.Compiling(at=time.time(), what="" if key is None else _what(key, view)))

    return tell


def _what(key: Key, view: SessionView) -> str:
    part = PARTS.get(key[0], "what comes next")
    return part if view.running is None else f"{part} of {view.running.plan['task']['name']}"
