"""Loss surfaces over the plane of two directions (Li et al. 2018, section 4).

Random directions are drawn once and normalised, filter by filter, to the trained network of the dense
round, so that every round of a line is shown over the same plane at the same scale; each round
moves only the weights that it keeps. Over the two leading eigenvectors, or the two principal components of the search's
way (section 7.2 there), the plane is the round's own.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.analysis.analysis import Points, Seen, Subject, joint_state
from ticket_explorer.analysis.directions import directions, eigenvectors_wanted, lengths_of, own_directions
from ticket_explorer.analysis.settings import Surface as Settings
from ticket_explorer.analysis.spectrum import Wanted


@dataclass(frozen=True)
class SurfaceResult:
    """Loss and score over a plane of P × P points, for R replicates."""

    steps: Float[np.ndarray, " P"]
    """Along both directions, ascending, 0 in the middle."""
    loss: Float[np.ndarray, "R P P"]
    """Rows go along the first direction, columns along the second."""
    score: Float[np.ndarray, "R P P"]
    way: Float[np.ndarray, "R W 2"]
    """Where in the plane, in steps of the two directions, the round began, was, and ended: the first is θ₀, the last
    the middle. Of places outside of the plane it is the nearest point in it. Where the start isn't known, the last."""


class Surface:
    """The plane of two directions through a round's weights."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.steps = np.linspace(-settings.reach, settings.reach, settings.points, dtype=np.float32)
        self.steps[settings.points // 2] = 0.0

    def wanted(self, has_loss: bool) -> Wanted | None:
        """Products, for eigenvectors."""
        return eigenvectors_wanted(self.settings.along, 2, has_loss, self.settings.examples)

    def points(self, keys: Array, subject: Subject) -> Points:
        """Every point of the plane, row by row."""
        centre = subject.centre
        basis = np.concatenate([centre.mean[:, None], self._plane(keys, subject)], axis=1)
        first, second = (axis.ravel() for axis in np.meshgrid(self.steps, self.steps, indexing="ij"))
        return Points(basis, np.stack([np.ones_like(first), first, second], axis=1), joint_state([centre], 2))

    def result(self, subject: Subject, seen: Seen) -> SurfaceResult:
        """Loss and score as they were seen, on the grid of the plane."""
        shape = (len(seen.loss), self.settings.points, self.settings.points)
        loss, score = seen.loss.reshape(shape), seen.score.reshape(shape)
        return SurfaceResult(self.steps, loss, score, self._way(subject, seen))

    def _plane(self, keys: Array, subject: Subject) -> Float[np.ndarray, "R 2 D"]:
        if self.settings.along != "random":
            return own_directions(self.settings.along, subject)
        dense = subject.line[0]
        drawn = directions(keys, 2, dense.mean, dense.mask, subject.layout, self.settings.normalisation)
        moved: Float[np.ndarray, "R 2 D"] = drawn * subject.centre.mask[:, None]
        return moved

    def _way(self, subject: Subject, seen: Seen) -> Float[np.ndarray, "R W 2"]:
        way, centre = subject.centre.way, subject.centre
        if self.settings.along == "way" and way is not None:
            placed: Float[np.ndarray, "R W 2"] = way.coordinates / lengths_of(way)[:, None]
            return placed
        end = np.zeros((len(centre.mean), 1, 2), np.float32)
        if centre.start is None or seen.points is None:
            return end
        plane = seen.points.basis[:, 1:3]
        away = (centre.start - centre.mean) * centre.mask
        begun = [np.linalg.lstsq(of.T, one, rcond=None)[0] for of, one in zip(plane, away, strict=True)]
        return np.concatenate([np.array(begun, np.float32)[:, None], end], axis=1)
