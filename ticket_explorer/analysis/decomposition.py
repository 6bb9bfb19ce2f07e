"""The ticket effect in its parts: weights, mask, layer-wise pruning ratio (Vischer et al. 2021).

Each control destroys one thing more of the ticket, so that differences of scores at equal density are what
that thing is worth, and add up to the whole effect (Lange & Sprekeler 2023):

    weights = ticket − permuted weights,        the right values at the right places
    mask    = permuted weights − permuted mask, the right places within each layer
    layers  = permuted mask − random,           the right number of weights in each layer
    effect  = ticket − random                   = weights + mask + layers

Differences are paired by replicate, as in `comparison`. The error of a share, a ratio of two means over the
same replicates, is the jackknife's (Efron & Stein 1981). A share of nothing is noise, so that shares are told only
where the effect is above zero beyond chance: where its 95% interval, by Student's t, is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.analysis.analysis import Points, Seen, Subject, Trained
from ticket_explorer.analysis.settings import SAME
from ticket_explorer.analysis.settings import Decomposition as Settings
from ticket_explorer.analysis.significance import quantile
from ticket_explorer.errors import TicketError

RANDOM = "random"
CONTROLS = ("permuted_weights", "permuted_mask", RANDOM)
"""What is put in the ticket's place, each with less of it than the one before."""


@dataclass(frozen=True)
class DecompositionResult:
    """At T densities that the ticket and all its controls have, from dense to sparse; parts P are `settings.PARTS`."""

    densities: Float[np.ndarray, " T"]
    ticket_score: Float[np.ndarray, "R T"]
    permuted_weights_score: Float[np.ndarray, "R T"]
    permuted_mask_score: Float[np.ndarray, "R T"]
    random_score: Float[np.ndarray, "R T"]
    contribution: Float[np.ndarray, "P T"]
    """In units of the score, the mean over replicates; the last is the effect, the sum of the others."""
    standard_error: Float[np.ndarray, "P T"]
    """Of it, s / √R; NaN for one replicate."""
    share: Float[np.ndarray, "P T"]
    """Of the effect; NaN where its 95% interval is not above 0, and for one replicate."""
    share_error: Float[np.ndarray, "P T"]


class Decomposition:
    """Scores of a ticket and its controls; nothing is evaluated."""

    def __init__(self, settings: Settings):
        self.settings = settings

    def points(self, keys: Array, subject: Subject) -> Points | None:
        """None: scores are compared, no point of weight space is evaluated.

        Raises:
            TicketError: if there is no density that the ticket and all its controls have.
        """
        if not _rows(subject):
            raise TicketError(
                "There is no density yet that the ticket and all its controls have been trained at; run the controls."
            )
        return None

    def result(self, subject: Subject, seen: Seen) -> DecompositionResult:
        """Contributions and shares, with their errors."""
        rows = _rows(subject)
        ticket, weights, mask, random = (
            np.stack([_score(row[i]) for row in rows], axis=1) for i in range(1 + len(CONTROLS))
        )
        parts = np.stack([ticket - weights, weights - mask, mask - random, ticket - random])
        contribution, error = parts.mean(1), _standard_error(parts)
        is_sure = (
            contribution[-1] > quantile(len(ticket) - 1) * error[-1] if len(ticket) > 1 else np.zeros(len(rows), bool)
        )
        return DecompositionResult(
            densities=np.array([row[0].density for row in rows], np.float32),
            ticket_score=ticket,
            permuted_weights_score=weights,
            permuted_mask_score=mask,
            random_score=random,
            contribution=contribution,
            standard_error=error,
            share=np.where(is_sure, _share(parts), np.nan),
            share_error=np.where(is_sure, _jackknife(parts), np.nan),
        )


def _share(parts: Float[np.ndarray, "P R T"]) -> Float[np.ndarray, "P T"]:
    mean = parts.mean(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Float[np.ndarray, "P T"] = mean / mean[-1]
    return share


def _jackknife(parts: Float[np.ndarray, "P R T"]) -> Float[np.ndarray, "P T"]:
    """√((R − 1)/R · Σ (share without replicate i − their mean)²)."""
    replicates = parts.shape[1]
    if replicates < 2:
        return np.full_like(parts[:, 0], np.nan)
    left_out = np.stack([_share(np.delete(parts, i, axis=1)) for i in range(replicates)])
    error: Float[np.ndarray, "P T"] = np.sqrt(replicates - 1) * left_out.std(0)
    return error


def _standard_error(parts: Float[np.ndarray, "P R T"]) -> Float[np.ndarray, "P T"]:
    replicates = parts.shape[1]
    if replicates < 2:
        return np.full_like(parts[:, 0], np.nan)
    error: Float[np.ndarray, "P T"] = parts.std(1, ddof=1) / np.sqrt(replicates)
    return error


def _rows(subject: Subject) -> list[tuple[Trained, ...]]:
    """Rounds of equal density: of the ticket, then of its controls."""
    rows = []
    for trained in subject.line:
        row = [_alike(trained, subject.controls[control]) for control in CONTROLS]
        if None not in row:
            rows.append((trained, *(one for one in row if one is not None)))
    return rows


def _alike(trained: Trained, line: Sequence[Trained]) -> Trained | None:
    return next((one for one in line if abs(one.density - trained.density) <= SAME * trained.density), None)


def _score(trained: Trained) -> Float[np.ndarray, " R"]:
    assert trained.score is not None, "lines are of finished rounds"
    return trained.score
