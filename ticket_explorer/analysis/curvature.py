"""Curvature: the loss along directions through θ, and how sharply it bends there.

L(θ + ξη) with η ~ N(0, I) over the kept weights and ξ in [−reach, reach] (Lange & Sprekeler 2023,
appendix on sharpness); a quadratic a + b·ξ + c·ξ² is fitted by least squares, and c is the
sharpness: ½ ηᵀHη where the loss is quadratic. With `filter` normalisation (Li et al. 2018)
networks of different weight scales can be compared. Random directions are all but orthogonal to the few sharp ones;
along leading eigenvectors v, of norm 1, c is half the eigenvalue.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.analysis.analysis import Points, Seen, Subject, joint_state
from ticket_explorer.analysis.directions import directions, eigenvectors_wanted, own_directions
from ticket_explorer.analysis.settings import Curvature as Settings
from ticket_explorer.analysis.spectrum import Wanted


@dataclass(frozen=True)
class CurvatureResult:
    """The profiles of V directions at P steps, for R replicates."""

    steps: Float[np.ndarray, " P"]
    """ξ, ascending, 0 in the middle."""
    loss: Float[np.ndarray, "R V P"]
    score: Float[np.ndarray, "R V P"]
    fit: Float[np.ndarray, "R V 3"]
    """a, b, c of the quadratic; NaN where the loss is not finite."""
    sharpness: Float[np.ndarray, "R V"]
    """c, in units of the loss for a step of ξ = 1."""


class Curvature:
    """Profiles along directions."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.steps = np.linspace(-settings.reach, settings.reach, settings.points, dtype=np.float32)
        self.steps[settings.points // 2] = 0.0

    def wanted(self, has_loss: bool) -> Wanted | None:
        """Products, for eigenvectors."""
        given = self.settings
        return eigenvectors_wanted(given.along, given.directions, has_loss, given.examples)

    def points(self, keys: Array, subject: Subject) -> Points:
        """Every step along every direction."""
        centre, count = subject.centre, self.settings.directions
        if self.settings.along == "random":
            drawn = directions(keys, count, centre.mean, centre.mask, subject.layout, self.settings.normalisation)
        else:
            drawn = own_directions(self.settings.along, subject)
        basis = np.concatenate([centre.mean[:, None], drawn], axis=1)
        along = np.kron(np.eye(count, dtype=np.float32), self.steps[:, None])
        coefficients = np.concatenate([np.ones((len(along), 1), np.float32), along], axis=1)
        return Points(basis, coefficients, joint_state([centre], count))

    def result(self, subject: Subject, seen: Seen) -> CurvatureResult:
        """The profiles with their quadratics."""
        shape = (len(seen.loss), self.settings.directions, self.settings.points)
        loss = seen.loss.reshape(shape)
        fit = quadratic_fit(self.steps, loss)
        return CurvatureResult(self.steps, loss, seen.score.reshape(shape), fit, fit[..., 2])


def quadratic_fit(
    steps: Float[np.ndarray, " P"], values: Float[np.ndarray, "*batch P"]
) -> Float[np.ndarray, "*batch 3"]:
    """a, b, c of a + b·ξ + c·ξ² nearest to the values by least squares; NaN where a value is not finite."""
    design = np.vander(steps.astype(np.float64), 3, increasing=True)
    finite = np.isfinite(values).all(-1, keepdims=True)
    solution: np.ndarray = np.where(finite, values, 0.0).astype(np.float64) @ np.linalg.pinv(design).T
    return np.where(finite, solution, np.nan).astype(np.float32)
