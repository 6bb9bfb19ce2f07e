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


def _skeleton(made: Any, backend: str, states: Any) -> tuple[Float[np.ndarray, "T B 3"], Int[np.ndarray, "P 2"]]:
    """Where bodies are, and which two belong together."""
    moving = _moving(backend, states)
    if backend != "v1":
        parents = list(enumerate(made.sys.link_parents))
        return np.asarray(moving.x.pos), np.array([(i, parent) for i, parent in parents if parent >= 0] or [(0, 0)])
    names = [body.name for body in made.sys.config.bodies]
    joints = [(names.index(joint.child), names.index(joint.parent)) for joint in made.sys.config.joints]
    return np.asarray(moving.pos), np.array(joints or [(0, 0)])
