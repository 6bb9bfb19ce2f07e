"""Guesses of scores: remarks of a fixed form in a session's journal, so that every chart of it can mark them."""

import re
from dataclasses import dataclass

from sessions.views.session_view import SessionView

_SAID = re.compile(r"Guess: (?P<branch>.+) scores (?P<score>-?\d+(\.\d+)?(e[+-]?\d+)?) in round (?P<round>\d+)\.")


@dataclass(frozen=True)
class ScoreGuess:
    """What somebody expects of a round, before they see it."""

    branch: str
    round: int
    """From 0, the dense round."""
    score: float
    """The expected mean over replicates, in the task's units: accuracy in [0, 1], or an episode's return."""

    @property
    def remark(self) -> str:
        """The text of the remark that keeps it."""
        return f"Guess: {self.branch} scores {self.score:g} in round {self.round}."


def score_guesses(view: SessionView) -> list[ScoreGuess]:
    """The guesses among a session's remarks; of several about one round of a branch the last one counts."""
    found: dict[tuple[str, int], ScoreGuess] = {}
    for remark in view.remarks:
        if said := _SAID.fullmatch(remark.text):
            guess = ScoreGuess(said["branch"], int(said["round"]), float(said["score"]))
            found[guess.branch, guess.round] = guess
    return list(found.values())
