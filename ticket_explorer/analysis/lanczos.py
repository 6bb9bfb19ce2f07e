"""Lanczos's method with full reorthogonalisation: the leading eigenvalues of a matrix known only by its products.

Each step multiplies the last vector of an orthonormal basis and orthogonalises the product against all of the basis,
twice. If nothing is left of it, the basis spans an invariant subspace, and continues with a random vector, so multiple
eigenvalues are found with their multiplicity.

Golub & Van Loan (2013), Matrix Computations, sections 10.1 and 10.3; errors are the residuals |β s_k| of theorem
10.1.2: an eigenvalue is within that distance of each.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

EXHAUSTED = 1e-5
"""What is left of a product counts as nothing below this share of it: float32 holds no more."""

TINY = 1e-30


@dataclass(frozen=True)
class Krylov:
    """How far the method is, after k steps."""

    basis: Float[np.ndarray, "k D"]
    """Orthonormal vectors, one a row."""
    images: Float[np.ndarray, "k D"]
    """The matrix times each of them."""
    following: Float[np.ndarray, " D"]
    """What is multiplied next, of norm 1; zero if the basis spans everything."""
    alpha: tuple[float, ...] = ()
    beta: tuple[float, ...] = ()


@dataclass(frozen=True)
class Leading:
    """K eigenvalues, the largest first."""

    values: Float[np.ndarray, " K"]
    errors: Float[np.ndarray, " K"]
    """How far an eigenvalue of the matrix may be from each."""
    vectors: Float[np.ndarray, "K D"]
    lowest: float
    """The lowest eigenvalue, as far as it was found; NaN before the first step."""


def init(start: Float[np.ndarray, " D"]) -> Krylov:
    """Before the first step.

    Args:
        start: Any vector that has a share of all eigenvectors, a random one.
    """
    empty = np.zeros((0, start.size), np.float32)
    return Krylov(empty, empty, _normalised(start))


def step(krylov: Krylov, image: Float[np.ndarray, " D"], spare: Callable[[], Float[np.ndarray, " D"]]) -> Krylov:
    """One step.

    Args:
        krylov: What the steps before left.
        image: The matrix times `krylov.following`.
        spare: Draws a random vector, to go on with where the product leaves nothing new.
    """
    basis = np.concatenate([krylov.basis, krylov.following[None]])
    alpha = float(image.astype(float) @ krylov.following)
    rest = _orthogonalised(image, basis)
    beta = float(np.linalg.norm(rest))
    if beta <= EXHAUSTED * float(np.linalg.norm(image)) or beta < TINY:
        fresh, beta = spare(), 0.0
        rest = _orthogonalised(fresh, basis)
        if np.linalg.norm(rest) <= EXHAUSTED * np.linalg.norm(fresh):
            rest = np.zeros_like(rest)
    return replace(
        krylov,
        basis=basis,
        images=np.concatenate([krylov.images, image[None]]),
        following=_normalised(rest),
        alpha=(*krylov.alpha, alpha),
        beta=(*krylov.beta, beta),
    )


def finish(krylov: Krylov, count: int) -> Leading:
    """The `count` largest eigenvalues; NaN if there are fewer, or if a product was NaN or infinite."""
    steps, size = krylov.basis.shape
    values, errors = np.full(count, np.nan, np.float32), np.full(count, np.nan, np.float32)
    vectors = np.full((count, size), np.nan, np.float32)
    if not steps or not np.isfinite((*krylov.alpha, *krylov.beta)).all():  # from weights that are NaN or infinite
        return Leading(values, errors, vectors, float("nan"))
    off = np.array(krylov.beta[:-1])
    found, combinations = np.linalg.eigh(np.diag(krylov.alpha) + np.diag(off, 1) + np.diag(off, -1))
    known = min(count, steps)
    chosen = np.argsort(-found)[:known]
    values[:known], errors[:known] = found[chosen], np.abs(krylov.beta[-1] * combinations[-1, chosen])
    vectors[:known] = combinations[:, chosen].T.astype(np.float32) @ krylov.basis
    return Leading(values, errors, vectors, float(found[0]))


def _orthogonalised(vector: Float[np.ndarray, " D"], basis: Float[np.ndarray, "k D"]) -> Float[np.ndarray, " D"]:
    for _ in range(2):
        vector = vector - (basis @ vector) @ basis
    return vector


def _normalised(vector: Float[np.ndarray, " D"]) -> Float[np.ndarray, " D"]:
    norm = np.linalg.norm(vector)
    return (vector / (norm if norm > 0 else 1.0)).astype(np.float32)
