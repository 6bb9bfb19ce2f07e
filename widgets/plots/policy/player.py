"""The player of a watched policy: which episode is shown, at which step, and when another one is needed."""

from typing import Any

import msgspec

from sessions.messages import commands
from sessions.messages.commands import Episode
from sessions.views.session_view import SessionView

STEPS_A_SECOND = 10
LATEST_AGAIN = 5.0
"""Seconds after which a new episode is requested, if the branch went on and the old one was shown."""


class PolicyPlayer:
    """Plays one episode after another; it only says what is needed, and requests nothing itself."""

    def __init__(self) -> None:
        self.episode: Episode | None = None
        self.refusal = ""
        """Why there is no episode."""
        self._wanted: tuple[str, int | None] | None = None
        self._asked: tuple[str, int | None] | None = None
        self._began = 0.0
        self._answered = 0.0
        self._shown = -1

    def look_at(self, branch: str | None, number: int | None) -> None:
        """Show the policy of a branch: of a finished round, or as it is now."""
        self._wanted = None if branch is None else (branch, number)

    def next_question(self, now: float, view: SessionView) -> tuple[str, int | None] | None:
        """The branch and round of the episode to request, if one is needed; returned once.

        Args:
            now: The time in seconds, of a clock that only goes forward.
            view: The session's view; an episode is outdated when its branch goes on.
        """
        if self._wanted is None:
            return None
        over = self.episode is None or self.step(now) >= self.episode.shape[0] + STEPS_A_SECOND
        is_old = self._wanted[1] is None and over and self._has_gone_on(view)
        stale = is_old and now >= self._answered + LATEST_AGAIN
        if self._wanted == self._asked and not stale:
            return None
        self._asked, self._answered = self._wanted, float("inf") if stale else now
        return self._wanted

    def question(self, now: float, view: SessionView) -> commands.Command | None:
        """The episode to request, as a command."""
        wanted = self.next_question(now, view)
        return None if wanted is None else commands.Rollout(branch=wanted[0], round=wanted[1])

    def hear(self, reply: dict[str, Any] | None, refusal: str, now: float) -> None:
        """Take the engine's answer as it comes."""
        self.take(None if reply is None else msgspec.convert(reply, Episode), refusal, now)

    def _has_gone_on(self, view: SessionView) -> bool:
        """Whether the watched branch has gone on since the episode."""
        branch = view.branches.get(self._wanted[0]) if self._wanted else None
        if branch is None:
            return False
        current = branch.rounds.get(branch.next_round)
        now = current if current is not None and current.done else view.round(branch.name, branch.next_round - 1)
        episode = self.episode
        return now is not None and (episode is None or (episode.round, episode.generation) != (now.number, now.done))

    def take(self, episode: Episode | None, refusal: str, now: float) -> None:
        """Take the engine's answer."""
        self.episode, self.refusal = episode, refusal
        self._began = self._answered = now

    def has_moved(self, now: float) -> bool:
        """Whether the episode has reached another step since the last call."""
        if self.episode is None:
            return False
        before, self._shown = self._shown, self.step(now)
        return before != self._shown

    def step(self, now: float) -> int:
        """The current step; beyond the end for the second that the episode rests there."""
        if self.episode is None:
            return 0
        return int((now - self._began) * STEPS_A_SECOND) % (self.episode.shape[0] + 2 * STEPS_A_SECOND)
