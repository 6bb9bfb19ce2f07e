"""The gallery of the panel Examples: which images are shown, whose path is lit up, and when others are needed."""

from typing import Any

import msgspec

from sessions.messages import commands
from sessions.messages.commands import ExamplesSeen
from sessions.views.session_view import SessionView
from widgets.plots.figures.examples import path_of

AGAIN = 10.0
"""Seconds after which the images are looked at again, if the branch went on: the engine waits for a chunk to answer."""
AT_REST = 0.5
"""The same of a session that rests, whose engine waits for nothing."""


class Gallery:
    """Says what is needed while somebody looks; it costs nothing otherwise."""

    def __init__(self) -> None:
        self.seen: ExamplesSeen | None = None
        self.refusal = ""
        """Why there are no images."""
        self.picked: int | None = None
        """The image whose path is lit up."""
        self._wanted: tuple[str, int | None] | None = None
        self._asked: tuple[str, int | None] | None = None
        self._answered, self._is_new = 0.0, False

    def look_at(self, branch: str | None, number: int | None) -> None:
        """Show what a branch makes of the images: with a finished round's weights, or as it is now."""
        self._wanted = None if branch is None else (branch, number)

    def question(self, now: float, view: SessionView) -> commands.Command | None:
        """The images to ask about, if that is needed."""
        if self._wanted is None:
            return None
        again = AGAIN if view.state == "running" else AT_REST
        is_old = self._wanted[1] is None and now >= self._answered + again and self._has_gone_on(view)
        if self._wanted == self._asked and not is_old:
            return None
        self._asked, self._answered = self._wanted, float("inf")
        return commands.Examples(branch=self._wanted[0], round=self._wanted[1])

    def hear(self, reply: dict[str, Any] | None, refusal: str, now: float) -> None:
        """Take the engine's answer."""
        self.seen = None if reply is None else msgspec.convert(reply, ExamplesSeen)
        self.refusal, self._answered, self._is_new = refusal, now, True

    def has_moved(self, now: float) -> bool:
        """Whether an answer came since the last call."""
        was_new, self._is_new = self._is_new, False
        return was_new

    def pick(self, number: int | None) -> tuple[int, ...]:
        """Light up another image's path, or none: the same one again is let go; returns the entries of θ."""
        known = 0 if self.seen is None else self.seen.shape[0]
        self.picked = None if number is None or number == self.picked or number >= known else number
        return () if self.picked is None or self.seen is None else path_of(self.seen, self.picked)

    def _has_gone_on(self, view: SessionView) -> bool:
        running = view.running
        if running is None or self._wanted is None or running.branch != self._wanted[0]:
            return False
        return self.seen is None or (self.seen.round, self.seen.generation) != (running.number, running.done)
