"""Loss surfaces over the plane of two random directions (Li et al. 2018, section 4).

Directions are drawn once and normalised, filter by filter, to the trained network of the dense
round, so that every round of a line is shown over the same plane at the same scale; each round
moves only the weights that it keeps.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.analysis.analysis import Points, Seen, Subject, joint_state
from ticket_explorer.analysis.directions import directions
from ticket_explorer.analysis.settings import Surface as Settings


@dataclass(frozen=True)
class SurfaceResult:
    """Loss and score over a plane of P × P points, for R replicates."""

    steps: Float[np.ndarray, " P"]
    """Along both directions, ascending, 0 in the middle."""
    loss: Float[np.ndarray, "R P P"]
    """Rows go along the first direction, columns along the second."""
    score: Float[np.ndarray, "R P P"]


class Surface:
    """The plane of two directions through a round's weights."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.steps = np.linspace(-settings.reach, settings.reach, settings.points, dtype=np.float32)
        self.steps[settings.points // 2] = 0.0

    def points(self, keys: Array, subject: Subject) -> Points:
        """Every point of the plane, row by row."""
        dense, centre = subject.line[0], subject.centre
        drawn = directions(keys, 2, dense.mean, dense.mask, subject.layout, self.settings.normalisation)
        basis = np.concatenate([centre.mean[:, None], drawn * centre.mask[:, None]], axis=1)
        first, second = (axis.ravel() for axis in np.meshgrid(self.steps, self.steps, indexing="ij"))
        return Points(basis, np.stack([np.ones_like(first), first, second], axis=1), joint_state([centre], 2))

    def result(self, subject: Subject, seen: Seen) -> SurfaceResult:
        """Loss and score as they were seen, on the grid of the plane."""
        shape = (len(seen.loss), self.settings.points, self.settings.points)
        return SurfaceResult(self.steps, seen.loss.reshape(shape), seen.score.reshape(shape))
