"""Bodies that carry each other, drawn as limbs seen from the side."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ticket_explorer.tasks.control.scene import Scene, fixed

REACH = 1.6
"""Metres shown to each side of the first body."""
FLAT = 0.02
"""Bodies that never rise by more metres than this are seen from above."""


@dataclass(frozen=True)
class Skeleton:
    """Where bodies are in consecutive steps, and what belongs together."""

    positions: Float[np.ndarray, "T B 3"]
    turns: Float[np.ndarray, "T B 4"]
    """Unit quaternions (w, x, y, z)."""
    pairs: list[tuple[int, int]]
    """Each body that is carried, and the one that carries it."""
    ends: dict[int, np.ndarray]
    """Where a body's limb ends, from its position, before it is turned."""

    def scene(self) -> Scene:
        """From the side, x to the right and z upwards, the ground moving when the first body does; or from above."""
        points, pairs = self._limbs()
        if np.ptp(points[..., 2]) < FLAT:
            reach = max(float(np.abs(points[..., :2]).max()) * 1.2, 0.1)
            lines = [_lines(points[..., :2], pairs), *self._crosses(reach / 20)]
            return Scene((-reach, reach, -reach, reach), np.concatenate(lines, 1))
        x, up = points[..., 0] - points[:, :1, 0], points[..., 2]
        limbs = _lines(np.stack([x, up], -1), pairs)
        ticks = (np.arange(-2, 3) - points[:, :1, 0] % 1.0)[..., None]
        marks = np.concatenate([ticks, np.zeros_like(ticks), ticks, np.full_like(ticks, -0.1)], -1).astype(np.float32)
        ground = fixed(len(limbs), (-REACH, 0.0, REACH, 0.0))
        top = max(float(up.max()) + 0.2, 1.2)
        return Scene((-REACH, REACH, -0.2, top), np.concatenate([limbs, ground, marks], 1))

    def _limbs(self) -> tuple[Float[np.ndarray, "T P 3"], np.ndarray]:
        """Where bodies are and where the last limbs end, and which two of these points [L, 2] belong together."""
        carried = {child for child, _ in self.pairs} or set(self.ends)
        last = sorted(carried - {parent for _, parent in self.pairs})
        tips = [
            self.positions[:, [i]] + _turned(np.asarray(self.ends[i], np.float32), self.turns[:, [i]]) for i in last
        ]
        limbs = [(i, self.positions.shape[1] + n) for n, i in enumerate(last)]
        return np.concatenate([self.positions, *tips], 1), np.array([*self.pairs, *limbs] or [(0, 0)])

    def _crosses(self, size: float) -> list[Float[np.ndarray, "T 2 4"]]:
        """Bodies that neither carry nor are carried."""
        joined = {body for pair in self.pairs for body in pair}
        alone = [self.positions[:, i, :2] for i in range(self.positions.shape[1]) if i not in joined]
        arms = np.array([[[-size, 0, size, 0], [0, -size, 0, size]]], np.float32)
        return [np.tile(place, 2)[:, None].astype(np.float32) + arms for place in alone]


def _lines(points: Float[np.ndarray, "T P 2"], pairs: np.ndarray) -> Float[np.ndarray, "T L 4"]:
    return np.concatenate([points[:, pairs[:, 0]], points[:, pairs[:, 1]]], -1).astype(np.float32)


def _turned(vector: Float[np.ndarray, " 3"], turns: Float[np.ndarray, "T 1 4"]) -> Float[np.ndarray, "T 1 3"]:
    """A vector turned by unit quaternions (w, x, y, z)."""
    axis = turns[..., 1:]
    first = 2 * np.cross(axis, np.broadcast_to(vector, axis.shape))
    turned: np.ndarray = vector + turns[..., :1] * first + np.cross(axis, first)
    return turned
