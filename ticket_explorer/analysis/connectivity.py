"""Linear mode connectivity: the loss along the straight line between two rounds' weights.

For every pair of rounds: the profile of loss and score of α·θ + (1 − α)·θ′. Three numbers sum it up,
and they are not the same:

- `best_score`, max over α of the score, which Lange & Sprekeler (2023, figure 6) report;
- `loss_barrier`, sup over α of the loss less the mean of the loss at the ends;
- `instability`, sup over α of the error E less (E(θ) + E(θ′)) / 2 (Frankle et al. 2020, section 2),
  where E = 1 − score: the mean score of the ends less the lowest score on the way.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.analysis.analysis import Points, Seen, Subject, joint_state
from ticket_explorer.analysis.settings import Connectivity as Settings


@dataclass(frozen=True)
class ConnectivityResult:
    """Profiles of A × B pairs at P steps, for R replicates."""

    alphas: Float[np.ndarray, " P"]
    """α from 0 (the second round) to 1 (the first)."""
    rounds: Float[np.ndarray, " A"]
    """Numbers of the rounds at α = 1."""
    other_rounds: Float[np.ndarray, " B"]
    """Numbers of the rounds at α = 0."""
    loss: Float[np.ndarray, "R A B P"]
    score: Float[np.ndarray, "R A B P"]
    best_score: Float[np.ndarray, "R A B"]
    loss_barrier: Float[np.ndarray, "R A B"]
    instability: Float[np.ndarray, "R A B"]


class Connectivity:
    """Straight lines between all rounds of a line, or between the rounds of two."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.alphas = np.linspace(0.0, 1.0, settings.points, dtype=np.float32)

    def points(self, keys: Array, subject: Subject) -> Points:
        """The networks themselves, then the points between any two of them."""
        networks = (*subject.line, *subject.other)
        basis = np.stack([trained.mean for trained in networks], axis=1)
        inner = self.alphas[1:-1]
        first, second = np.array(_pairs(subject), np.intp).reshape(-1, 2).T
        between = np.zeros((len(first), len(inner), len(networks)), np.float32)
        rows = np.arange(len(first))
        between[rows, :, first] = inner
        between[rows, :, second] = 1 - inner
        ends = np.eye(len(networks), dtype=np.float32)
        coefficients = np.concatenate([ends, between.reshape(-1, len(networks))])
        return Points(basis, coefficients, joint_state(networks))

    def result(self, subject: Subject, seen: Seen) -> ConnectivityResult:
        """The profiles, and what sums them up."""
        loss, score = (self._profiles(subject, values) for values in (seen.loss, seen.score))
        others = subject.other or subject.line
        return ConnectivityResult(
            alphas=self.alphas,
            rounds=np.array([trained.number for trained in subject.line], np.float32),
            other_rounds=np.array([trained.number for trained in others], np.float32),
            loss=loss,
            score=score,
            best_score=score.max(-1),
            loss_barrier=loss.max(-1) - loss[..., [0, -1]].mean(-1),
            instability=score[..., [0, -1]].mean(-1) - score.min(-1),
        )

    def _profiles(self, subject: Subject, values: Float[np.ndarray, "R N"]) -> Float[np.ndarray, "R A B P"]:
        rows, columns = len(subject.line), len(subject.other) or len(subject.line)
        before = len(subject.line) if subject.other else 0
        networks = len(subject.line) + len(subject.other)
        ends, between = values[:, :networks], values[:, networks:].reshape(len(values), -1, len(self.alphas) - 2)
        profiles = np.empty((len(values), rows, columns, len(self.alphas)), np.float32)
        profiles[..., -1] = ends[:, :rows, None]
        profiles[..., 0] = ends[:, None, before : before + columns]
        profiles[..., 1:-1] = ends[:, :rows, None, None]  # a network with itself; the rest is overwritten
        for pair, (first, second) in enumerate(_pairs(subject)):
            profiles[:, first, second - before, 1:-1] = between[:, pair]
            if not subject.other:
                profiles[:, second, first, 1:-1] = between[:, pair, ::-1]
        return profiles


def _pairs(subject: Subject) -> list[tuple[int, int]]:
    """Which networks are joined: all of one line with all of the other, or any two of a line once."""
    return _all_pairs(len(subject.line), len(subject.other))


@cache
def _all_pairs(line: int, other: int) -> list[tuple[int, int]]:
    if other:
        return [(first, line + second) for first in range(line) for second in range(other)]
    return [(first, second) for first in range(line) for second in range(first + 1, line)]
