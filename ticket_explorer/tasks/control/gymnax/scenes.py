"""Drawings of gymnax environments, from their states. NumPy only."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from ticket_explorer.tasks.control.scene import Scene, bars, cells, fixed, polyline


def scene_of(identifier: str, states: Any, observations: Float[np.ndarray, "T ..."]) -> Scene:
    """The drawing of an environment: its own, a picture if it is seen as one, bars otherwise."""
    draw = SCENES.get(identifier)
    if draw is not None:
        return draw(states)
    if observations.ndim == 4:
        return cells(observations)
    return cells(observations[..., None]) if observations.ndim == 3 else bars(observations)


def _pendulum(states: Any) -> Scene:
    angle = np.asarray(states.theta)
    rod = polyline((np.zeros_like(angle), np.zeros_like(angle)), (np.sin(angle), np.cos(angle)))
    return Scene((-1.6, 1.6, -1.2, 1.2), np.concatenate([rod, fixed(len(angle), (-0.1, 0.0, 0.1, 0.0))], 1))


def _cartpole(states: Any) -> Scene:
    x, angle = np.asarray(states.x), np.asarray(states.theta)
    none = np.zeros_like(x)
    cart = polyline((x - 0.3, none), (x + 0.3, none), (x + 0.3, none - 0.15), (x - 0.3, none - 0.15), (x - 0.3, none))
    pole = polyline((x, none), (x + np.sin(angle), np.cos(angle)))
    return Scene((-2.4, 2.4, -0.5, 1.3), np.concatenate([cart, pole, fixed(len(x), (-2.4, -0.25, 2.4, -0.25))], 1))


def _acrobot(states: Any) -> Scene:
    first, second = np.asarray(states.joint_angle1), np.asarray(states.joint_angle2)
    none = np.zeros_like(first)
    elbow = np.sin(first), -np.cos(first)
    tip = elbow[0] + np.sin(first + second), elbow[1] - np.cos(first + second)
    return Scene(
        (-2.4, 2.4, -2.1, 2.1),
        np.concatenate([polyline((none, none), elbow, tip), fixed(len(first), (-2.0, 1.0, 2.0, 1.0))], 1),
    )


def _mountain_car(states: Any) -> Scene:
    x = np.asarray(states.position)
    places = np.linspace(-1.2, 0.6, 25)
    hill = polyline(*((np.full_like(x, place), np.full_like(x, _height(place))) for place in places))
    car = polyline((x - 0.06, _height(x - 0.06) + 0.06), (x + 0.06, _height(x + 0.06) + 0.06), (x, _height(x) + 0.16))
    return Scene((-1.2, 0.6, -0.1, 1.2), np.concatenate([hill, car, fixed(len(x), (0.5, 0.9, 0.5, 1.15))], 1))


def _height(x: Any) -> Any:
    return np.sin(3 * x) * 0.45 + 0.55


SCENES: Mapping[str, Callable[[Any], Scene]] = {
    "Pendulum-v1": _pendulum,
    "CartPole-v1": _cartpole,
    "Acrobot-v1": _acrobot,
    "MountainCar-v0": _mountain_car,
    "MountainCarContinuous-v0": _mountain_car,
}
"""By gymnax's names; the others are drawn as what the policy sees."""
