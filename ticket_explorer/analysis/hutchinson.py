"""The diagonal of a matrix that one can only multiply with: Hutchinson's estimator, deflated where that helps.

The mean of z ⊙ Hz over vectors z of random signs is the diagonal; what spoils it are the other entries of a row,
Σ_{j≠i} H_ij². A network's Hessian has few large eigenvalues, which are most of that: what a basis Q of their
space and its image HQ tell is exact, and only the rest, P H P with P = I − QQᵀ, is left to chance,

    diag H = diag(QQᵀH + HQQᵀ − QQᵀHQQᵀ) + diag(P H P).

Of a matrix that is nearly diagonal the plain estimate is the better one. Both come of the same products, and that of
the lower variance, summed over all entries, is taken.

Hutchinson (1990), A stochastic estimator of the trace of the influence matrix, Communications in Statistics 19;
Bekas, Kokiopoulou & Saad (2007), An estimator for the diagonal of a matrix, Applied Numerical Mathematics 57; the
deflation is that of Meyer, Musco, Musco & Woodruff (2021), Hutch++, SOSA, for the trace.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

_WAYS = 2
"""Plain, and deflated."""


@dataclass(frozen=True)
class Known:
    """Some of what a matrix does: an orthonormal basis, and the matrix times each of its vectors."""

    basis: Float[np.ndarray, "k D"]
    images: Float[np.ndarray, "k D"]

    def rest(self, vectors: Float[np.ndarray, "N D"], images: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N D"]:
        """P H P v, of vectors v and H v."""
        left = images - (vectors @ self.basis.T) @ self.images
        rest: Float[np.ndarray, "N D"] = left - (left @ self.basis.T) @ self.basis
        return rest

    def diagonal(self) -> Float[np.ndarray, " D"]:
        """Of QQᵀH + HQQᵀ − QQᵀHQQᵀ."""
        twice = ((self.images @ self.basis.T) @ self.basis) * self.basis
        known: Float[np.ndarray, " D"] = (2 * self.images * self.basis - twice).sum(0)
        return known


@dataclass(frozen=True)
class Tally:
    """Sums over the vectors so far, of the plain samples z ⊙ Hz and of the deflated ones z ⊙ PHPz."""

    sums: Float[np.ndarray, "2 halves D"]
    """Of either half of the vectors."""
    squares: Float[np.ndarray, "2 D"]
    parts: Float[np.ndarray, "2 N L"] = field(default_factory=lambda: np.zeros((_WAYS, 0, 0)))
    """Of each vector: the sum of its samples in each part."""

    @property
    def count(self) -> int:
        """How many vectors there were."""
        return int(self.parts.shape[1])


@dataclass(frozen=True)
class Diagonal:
    """An estimate with its standard errors; those are NaN for one vector."""

    values: Float[np.ndarray, " D"]
    errors: Float[np.ndarray, " D"]
    halves: Float[np.ndarray, "halves D"]
    """The same estimate by either half of the vectors."""
    traces: Float[np.ndarray, " L"]
    """The sum over each part."""
    trace_errors: Float[np.ndarray, " L"]


def init(size: int) -> Tally:
    """Before the first vector."""
    return Tally(np.zeros((_WAYS, 2, size)), np.zeros((_WAYS, size)))


def step(
    tally: Tally,
    vectors: Float[np.ndarray, "N D"],
    images: Float[np.ndarray, "N D"],
    known: Known,
    parts: Sequence[slice],
) -> Tally:
    """Count some vectors in.

    Args:
        tally: Of those before.
        vectors: z, ±1, zero where the matrix is.
        images: H z.
        known: What is not left to chance.
        parts: Of the vector, whose traces are wanted.
    """
    samples = np.stack([vectors * images, vectors * known.rest(vectors, images)]).astype(float)
    sums, first = tally.sums.copy(), tally.count % 2
    for half in range(2):
        sums[:, half] += samples[:, (half - first) % 2 :: 2].sum(1)
    new = np.stack([samples[..., part].sum(-1) for part in parts], axis=-1)
    before = tally.parts if tally.count else new[:, :0]
    return replace(
        tally, sums=sums, squares=tally.squares + (samples**2).sum(1), parts=np.concatenate([before, new], axis=1)
    )


def finish(tally: Tally, known: Known, parts: Sequence[slice]) -> Diagonal:
    """The estimate that the vectors so far amount to.

    Args:
        tally: Of all vectors.
        known: As in `step`.
        parts: As in `step`.
    """
    count = tally.count
    chance = tally.sums.sum(1) / count
    variance = np.maximum(tally.squares / count - chance**2, 0.0)
    way = int(variance[1].sum() < variance[0].sum()) if count > 1 else 1
    exact = known.diagonal().astype(float) if way else np.zeros(chance.shape[1])
    errors, trace_errors = np.full(exact.shape, np.nan), np.full(len(parts), np.nan)
    halves = np.full((2, exact.size), np.nan)
    if count > 1:
        errors = np.sqrt(variance[way] / (count - 1))
        trace_errors = tally.parts[way].std(0, ddof=1) / np.sqrt(count)
        halves = exact + tally.sums[way] / np.array([[(count + 1) // 2], [count // 2]])
    traces = tally.parts[way].mean(0) + np.array([exact[part].sum() for part in parts])
    return Diagonal(exact + chance[way], errors, halves, traces, trace_errors)


def of_units(tally: Tally, parts: Sequence[slice]) -> Diagonal:
    """The exact diagonal, where the vectors were unit vectors, each of an entry."""
    values = tally.sums[0].sum(0)
    traces = np.array([values[part].sum() for part in parts])
    return Diagonal(values, np.zeros_like(values), np.stack([values, values]), traces, np.zeros(len(parts)))
