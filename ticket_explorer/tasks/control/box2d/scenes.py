"""Drawings of the Box2D environments, from what the policy sees: the ground between and beyond is not known."""

import numpy as np
from jaxtyping import Float

from ticket_explorer.tasks.control.scene import Scene, fixed, polyline

Points = tuple[np.ndarray, np.ndarray]
THIGH = SHIN = 34 / 30
"""Lengths of the walker's legs, in its units."""
HIP = -8 / 30
"""How far its hips are below the middle of its hull."""
HULL = ((-1.0, 0.3), (0.2, 0.3), (1.13, 0.03), (1.13, -0.27), (-1.0, -0.27), (-1.0, 0.3))
LANDER = ((-0.07, 0.08), (-0.08, 0.0), (-0.08, -0.05), (0.08, -0.05), (0.08, 0.0), (0.07, 0.08), (-0.07, 0.08))
LEGS = (((-0.07, -0.05), (-0.13, -0.12)), ((0.07, -0.05), (0.13, -0.12)))


def scene_of(maker: str, observations: Float[np.ndarray, "T ..."]) -> Scene:
    """Drawings of consecutive steps."""
    return _lander(observations) if "LunarLander" in maker else _walker(observations)


def _lander(seen: np.ndarray) -> Scene:
    """Positions are those of the observation: the landing place is the origin, the frame's edges are ±1."""
    place, angle = (np.clip(seen[:, 0], -1, 1), np.clip(seen[:, 1], -0.2, 1.6)), seen[:, 4]
    body = polyline(*_turned(place, angle, LANDER))
    legs = [polyline(*_turned(place, angle, leg)) for leg in LEGS]
    ground = fixed(len(seen), (-1.2, -0.12, 1.2, -0.12), (-0.2, -0.12, -0.2, 0.1), (0.2, -0.12, 0.2, 0.1))
    return Scene((-1.2, 1.2, -0.4, 1.8), np.concatenate([body, *legs, ground], 1))


def _walker(seen: np.ndarray) -> Scene:
    """The view follows the hull; joints' angles are those of the observation, whose knees are shifted by 1."""
    none = np.zeros(len(seen))
    angle, hip = seen[:, 0], _turned((none, none), seen[:, 0], ((0.0, HIP),))[0]
    drawn = [polyline(*_turned((none, none), angle, HULL))]
    for first in (4, 9):
        thigh = angle + seen[:, first]
        shin = thigh + seen[:, first + 2] - 1.0
        knee = _below(hip, thigh, THIGH)
        drawn.append(polyline(hip, knee, _below(knee, shin, SHIN)))
    return Scene((-4.0, 4.0, -3.5, 2.0), np.concatenate(drawn, 1))


def _below(point: Points, angle: np.ndarray, length: float) -> Points:
    return point[0] + length * np.sin(angle), point[1] - length * np.cos(angle)


def _turned(place: Points, angle: np.ndarray, points: tuple[tuple[float, float], ...]) -> list[Points]:
    """Points of a body at `place` [T], turned by `angle` [T]."""
    sine, cosine = np.sin(angle), np.cos(angle)
    return [(place[0] + x * cosine - y * sine, place[1] + x * sine + y * cosine) for x, y in points]
