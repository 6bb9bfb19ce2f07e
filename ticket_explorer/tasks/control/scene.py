"""What an episode looks like: line segments in the plane, or cells of a grid. NumPy only."""

import itertools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Scene:
    """Drawings of consecutive steps, in the environment's own units, y upwards; one of the two kinds."""

    bounds: tuple[float, float, float, float]
    """Left, right, bottom, top."""
    segments: Float[np.ndarray, "T S 4"] | None = None
    """x, y of one end, then of the other."""
    cells: Float[np.ndarray, "T H W"] | None = None
    """Brightness in [0, 1], row 0 on top."""

    @property
    def length(self) -> int:
        """T, the steps."""
        drawn = self.segments if self.segments is not None else self.cells
        assert drawn is not None
        return len(drawn)


def fixed(steps: int, *segments: tuple[float, float, float, float]) -> Float[np.ndarray, "T S 4"]:
    """Segments that stand still."""
    return np.broadcast_to(np.array(segments, np.float32), (steps, len(segments), 4))


def polyline(*points: tuple[np.ndarray, np.ndarray]) -> Float[np.ndarray, "T S 4"]:
    """The segments between consecutive points, each point two arrays [T]."""
    ends = [np.stack(np.broadcast_arrays(*point), -1) for point in points]
    return np.stack([np.concatenate(pair, -1) for pair in itertools.pairwise(ends)], 1).astype(np.float32)


def bars(observations: Float[np.ndarray, "T ..."]) -> Scene:
    """For environments without a drawing of their own: what the policy sees, a bar for each number."""
    values = np.clip(observations.reshape(len(observations), -1), -10.0, 10.0)
    places = np.broadcast_to(np.arange(values.shape[1], dtype=np.float32), values.shape)
    segments = np.stack([places, np.zeros_like(values), places, values], -1).astype(np.float32)
    top = max(float(np.abs(values).max()), 0.1)
    return Scene((-1.0, float(values.shape[1]), -top, top), segments)


def cells(observations: Float[np.ndarray, "T H W C"]) -> Scene:
    """Pictures of several channels: each channel has a brightness of its own."""
    channels = observations.shape[-1]
    levels = 0.3 + 0.7 * (1 + np.arange(channels)) / channels
    height, width = observations.shape[1:3]
    shown = (np.clip(observations, 0, 1) * levels).max(-1).astype(np.float32)
    return Scene((0.0, float(width), 0.0, float(height)), cells=shown)
