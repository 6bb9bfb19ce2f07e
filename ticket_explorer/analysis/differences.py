"""The diagonal of a Hessian by central differences, along a sample of the weights, where there is no gradient.

(L(θ + h) − 2 L(θ) + L(θ − h)) / h², all points over the same episodes (common random numbers), and again over
further sets of episodes, whose spread gives the errors. The step h is the same for all weights: one that followed σ
would put 1/σ² into the estimate.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float, Int

from ticket_explorer.analysis.analysis import Points, Seen, Subject, joint_state
from ticket_explorer.errors import InvalidValue

MOST = 1 << 26
"""Numbers that the directions may take: 256 MB."""


@dataclass(frozen=True)
class Differences:
    """Of n weights of one replicate."""

    entries: Int[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]
    errors: Float[np.ndarray, " n"]
    """Standard errors over sets of episodes; NaN for one set."""
    halves: Float[np.ndarray, "2 n"]
    """The same by either half of the sets; NaN for one."""


def points(subject: Subject, weights: int, step: float, draws: int) -> Points:
    """The weights themselves, then a step along each of some of them, then the steps back.

    Args:
        subject: The subject whose centre is used.
        weights: How many weights.
        step: The distance h to either side.
        draws: Sets of episodes.

    Raises:
        InvalidValue: if the weights are too many.
    """
    centre, size = subject.centre, subject.layout.size
    if min(weights, subject.layout.prunable_size) * size > MOST:
        raise InvalidValue(
            "$.weights",
            weights,
            f"at most {max(MOST // size, 3):,}: without a loss each weight is moved by itself, and each such "
            f"direction has {size:,} numbers here",
        )
    sampled = _sampled(subject, weights)
    count = max(map(len, sampled))
    basis = np.zeros((len(centre.mean), count + 1, size), np.float32)
    basis[:, 0] = centre.mean
    for of_replicate, entries in zip(basis, sampled, strict=True):
        of_replicate[1 + np.arange(len(entries)), entries] = 1.0
    sides = step * np.concatenate([np.zeros((1, count)), np.eye(count), -np.eye(count)])
    coefficients = np.concatenate([np.ones((2 * count + 1, 1)), sides], axis=1).astype(np.float32)
    return Points(basis, coefficients, joint_state([centre], count), draws)


def found(subject: Subject, seen: Seen, weights: int, step: float, draws: int) -> tuple[Differences, ...]:
    """The estimates, a replicate each, of what `points` with the same arguments has seen."""
    sampled = _sampled(subject, weights)
    loss = seen.loss.reshape(len(sampled), draws, -1).astype(float)
    count = (loss.shape[-1] - 1) // 2
    second = (loss[..., 1 : 1 + count] - 2 * loss[..., :1] + loss[..., 1 + count :]) / step**2
    return tuple(_estimate(entries, of[:, : len(entries)]) for entries, of in zip(sampled, second, strict=True))


def drawn(considered: Bool[np.ndarray, " D"], count: int) -> Int[np.ndarray, " n"]:
    """At most `count` of some entries, ascending: of two sets, those in both as far as possible."""
    order = _order(considered.size)
    return np.sort(order[considered[order]][:count])


def _sampled(subject: Subject, weights: int) -> list[Int[np.ndarray, " n"]]:
    return [drawn(mask & subject.layout.prunable, weights) for mask in subject.centre.mask]


def _estimate(entries: Int[np.ndarray, " n"], second: Float[np.ndarray, "draws n"]) -> Differences:
    draws = len(second)
    if draws < 2:
        unknown = np.full(len(entries), np.nan)
        return Differences(entries, second.mean(0), unknown, np.stack([unknown, unknown]))
    halves = np.stack([second[0::2].mean(0), second[1::2].mean(0)])
    return Differences(entries, second.mean(0), second.std(0, ddof=1) / np.sqrt(draws), halves)


@cache
def _order(size: int) -> Int[np.ndarray, " size"]:
    """The order in which entries are drawn: the same whatever is looked at."""
    return np.random.default_rng(0).permutation(size)
