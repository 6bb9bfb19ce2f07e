"""Instability to noise: the loss between two trainings of one ticket that differ only in their noise.

Frankle, Dziugaite, Roy & Carbin (2020), Linear Mode Connectivity and the Lottery Ticket Hypothesis, ICML,
section 2: sup over α of the error of α·θ + (1 − α)·θ′ less the mean error of the ends. Only rounds of
one number are joined: the ticket is the same, the noise is not. A round that two branches share is none.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.analysis.analysis import Points, Seen, Subject, Trained
from ticket_explorer.analysis.settings import Instability as Settings
from ticket_explorer.errors import TicketError


@dataclass(frozen=True)
class InstabilityResult:
    """Profiles of T rounds at P steps, for R replicates."""

    alphas: Float[np.ndarray, " P"]
    """α from 0 (the other branch) to 1 (the branch)."""
    rounds: Float[np.ndarray, " T"]
    densities: Float[np.ndarray, " T"]
    loss: Float[np.ndarray, "R T P"]
    score: Float[np.ndarray, "R T P"]
    loss_barrier: Float[np.ndarray, "R T"]
    instability: Float[np.ndarray, "R T"]
    """Mean score of the ends less the lowest on the way; of accuracies, the rise of the error."""


class Instability:
    """Straight lines between rounds of one number."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.alphas = np.linspace(0.0, 1.0, settings.points, dtype=np.float32)

    def points(self, keys: Array, subject: Subject) -> Points:
        """The whole line of every pair, its ends included."""
        pairs = _pairs(subject)
        if not pairs:
            raise TicketError(
                "The two branches have no round that both trained from the same ticket under different noise; "
                "train a branch's tickets again: [[branch]] with transfer and noise_seed."
            )
        basis = np.stack([trained.mean for pair in pairs for trained in pair], axis=1)
        line = np.stack([self.alphas, 1 - self.alphas], axis=-1)
        coefficients = np.zeros((len(pairs), len(line), 2 * len(pairs)), np.float32)
        for i in range(len(pairs)):
            coefficients[i, :, 2 * i : 2 * i + 2] = line
        return Points(basis, coefficients.reshape(-1, 2 * len(pairs)))

    def result(self, subject: Subject, seen: Seen) -> InstabilityResult:
        """The profiles, and what sums them up."""
        firsts = [first for first, _ in _pairs(subject)]
        loss, score = (values.reshape(len(values), len(firsts), -1) for values in (seen.loss, seen.score))
        return InstabilityResult(
            alphas=self.alphas,
            rounds=np.array([trained.number for trained in firsts], np.float32),
            densities=np.array([trained.density for trained in firsts], np.float32),
            loss=loss,
            score=score,
            loss_barrier=loss.max(-1) - loss[..., [0, -1]].mean(-1),
            instability=score[..., [0, -1]].mean(-1) - score.min(-1),
        )


def _pairs(subject: Subject) -> list[tuple[Trained, Trained]]:
    others = {trained.number: trained for trained in subject.other}
    pairs = [(trained, others[trained.number]) for trained in subject.line if trained.number in others]
    return [(first, second) for first, second in pairs if first.branch != second.branch]
