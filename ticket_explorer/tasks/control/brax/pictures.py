"""What brax environments look like: a skeleton for the terminal, brax's own page for a browser."""

from typing import Any

import jax
import numpy as np

from ticket_explorer.tasks.control.scene import Scene
from ticket_explorer.tasks.control.skeleton import Skeleton

PAGE_STEPS = 500


def scene_of(made: Any, backend: str, states: Any) -> Scene:
    """The bodies, each joined to the one that carries it."""
    return _skeleton(made, backend, states).scene()


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


def _skeleton(made: Any, backend: str, states: Any) -> Skeleton:
    moving = _moving(backend, states)
    if backend == "v1":
        names = [body.name for body in made.sys.config.bodies]
        joints = made.sys.config.joints
        pairs = [(names.index(joint.child), names.index(joint.parent)) for joint in joints]
        # A body's position is its middle: a limb ends as far beyond it as its joint is before it.
        ends = {
            names.index(joint.child): np.array([-getattr(joint.child_offset, axis) for axis in "xyz"])
            for joint in joints
        }
        return Skeleton(np.asarray(moving.pos), np.asarray(moving.rot), pairs, ends)
    pairs = [(i, parent) for i, parent in enumerate(made.sys.link_parents) if parent >= 0]
    # A link's position is its joint: a limb ends as far beyond its middle again.
    ends = dict(enumerate(2 * np.asarray(made.sys.link.inertia.transform.pos)))
    return Skeleton(np.asarray(moving.x.pos), np.asarray(moving.x.rot), pairs, ends)
