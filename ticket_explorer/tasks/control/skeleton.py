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
        """From the side, x to the right and z upwards; the ground moves when the first body does."""
        points, pairs = self._limbs()
        upwards = 2 if np.ptp(points[..., 2]) > FLAT else 1
        x, up = points[..., 0] - points[:, :1, 0], points[..., upwards]
        flat = np.stack([x, up], -1)
        limbs = np.concatenate([flat[:, pairs[:, 0]], flat[:, pairs[:, 1]]], -1).astype(np.float32)
        if upwards == 1:
            reach = max(float(np.abs(flat).max()) * 1.2, 0.1)
            return Scene((-reach, reach, -reach, reach), limbs)
        ticks = (np.arange(-2, 3) - points[:, :1, 0] % 1.0)[..., None]
        marks = np.concatenate([ticks, np.zeros_like(ticks), ticks, np.full_like(ticks, -0.1)], -1).astype(np.float32)
        ground = fixed(len(flat), (-REACH, 0.0, REACH, 0.0))
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


def _turned(vector: Float[np.ndarray, " 3"], turns: Float[np.ndarray, "T 1 4"]) -> Float[np.ndarray, "T 1 3"]:
    """A vector turned by unit quaternions (w, x, y, z)."""
    axis = turns[..., 1:]
    first = 2 * np.cross(axis, np.broadcast_to(vector, axis.shape))
    turned: np.ndarray = vector + turns[..., :1] * first + np.cross(axis, first)
    return turned
