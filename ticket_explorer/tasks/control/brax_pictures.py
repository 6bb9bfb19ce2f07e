"""What brax environments look like: a skeleton for the terminal, brax's own page for a browser."""

from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from ticket_explorer.tasks.control.scene import Scene, fixed

REACH = 1.6
"""Metres shown to each side of the first body."""
PAGE_STEPS = 500


def scene_of(made: Any, backend: str, states: Any) -> Scene:
    """The bodies from the side, x to the right and z upwards; the ground moves when the first body does."""
    positions, pairs = _skeleton(made, backend, states)
    x, z = positions[..., 0] - positions[:, :1, 0], positions[..., 2]
    flat = np.stack([x, z], -1)
    limbs = np.concatenate([flat[:, pairs[:, 0]], flat[:, pairs[:, 1]]], -1).astype(np.float32)
    ticks = (np.arange(-2, 3) - positions[:, :1, 0] % 1.0)[..., None]
    marks = np.concatenate([ticks, np.zeros_like(ticks), ticks, np.full_like(ticks, -0.1)], -1).astype(np.float32)
    ground = fixed(len(flat), (-REACH, 0.0, REACH, 0.0))
    top = max(float(z.max()) + 0.2, 1.2)
    return Scene((-REACH, REACH, -0.2, top), np.concatenate([limbs, ground, marks], 1))


def page_of(made: Any, backend: str, states: Any) -> str:
    """brax's own page of an episode."""
    each = [jax.tree.map(lambda leaf, at=step: leaf[at], _moving(backend, states)) for step in range(_length(states))]
    if backend == "v1":
        from brax.v1.io import html as first

        return str(first.render(made.sys, each))
    from brax.io import html as second

    return str(second.render(made.sys.tree_replace({"opt.timestep": made.dt}), each))


def _moving(backend: str, states: Any) -> Any:
    return states.qp if backend == "v1" else states.pipeline_state


def _length(states: Any) -> int:
    return min(len(jax.tree.leaves(states)[0]), PAGE_STEPS)


def _skeleton(made: Any, backend: str, states: Any) -> tuple[Float[np.ndarray, "T P 3"], Int[np.ndarray, "L 2"]]:
    """Where bodies are and where limbs end, and which two of these points belong together."""
    moving = _moving(backend, states)
    if backend == "v1":
        names = [body.name for body in made.sys.config.bodies]
        joints = made.sys.config.joints
        pairs = [(names.index(joint.child), names.index(joint.parent)) for joint in joints]
        # A body's position is its middle: a limb ends as far beyond it as its joint lies before it.
        ends = {names.index(joint.child): [-getattr(joint.child_offset, axis) for axis in "xyz"] for joint in joints}
        positions, turns = np.asarray(moving.pos), np.asarray(moving.rot)
    else:
        pairs = [(i, parent) for i, parent in enumerate(made.sys.link_parents) if parent >= 0]
        # A link's position is its joint: a limb ends as far beyond its middle again.
        ends = dict(enumerate(2 * np.asarray(made.sys.link.inertia.transform.pos)))
        positions, turns = np.asarray(moving.x.pos), np.asarray(moving.x.rot)
    last = sorted({child for child, _ in pairs} - {parent for _, parent in pairs})
    tips = [positions[:, [i]] + _turned(np.asarray(ends[i], np.float32), turns[:, [i]]) for i in last]
    limbs = [(i, positions.shape[1] + n) for n, i in enumerate(last)]
    return np.concatenate([positions, *tips], 1), np.array([*pairs, *limbs] or [(0, 0)])


def _turned(vector: Float[np.ndarray, " 3"], turns: Float[np.ndarray, "T 1 4"]) -> Float[np.ndarray, "T 1 3"]:
    """A vector turned by unit quaternions (w, x, y, z)."""
    axis = turns[..., 1:]
    first = 2 * np.cross(axis, np.broadcast_to(vector, axis.shape))
    turned: np.ndarray = vector + turns[..., :1] * first + np.cross(axis, first)
    return turned
