"""Environments of MuJoCo Playground, stepped by MuJoCo's own physics in JAX, without Playground's wrappers."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float

from ticket_explorer.registry import name_of
from ticket_explorer.tasks.control.environment import EnvironmentState, needs, refuse_parameter
from ticket_explorer.tasks.control.physics import LONGEST, Numbers, PhysicsEnvironment, check_body
from ticket_explorer.tasks.control.playground.settings import PlaygroundSettings
from ticket_explorer.tasks.control.problem import ControlTask
from ticket_explorer.tasks.control.scene import Scene
from ticket_explorer.tasks.control.silence import quiet, without_log
from ticket_explorer.tasks.control.skeleton import Skeleton

PARAMETERS = ("ctrl_dt", "sim_dt")
"""The others of Playground's configuration are sizes of buffers, or work in wrappers that are not used here."""
JAX_PHYSICS: dict[str, Any] = {"impl": "jax"}
"""Unless it is asked for, Playground steps by Warp."""


def load(settings: PlaygroundSettings) -> ControlTask:
    """The task of an environment.

    Raises:
        TicketError: if Playground is not installed, or has no such body or number.
    """
    name = name_of(settings)
    needs("mujoco_playground", name, "playground")
    for parameter in settings.parameters:
        if parameter not in PARAMETERS:
            refuse_parameter(name, parameter, list(PARAMETERS))
    environment = PlaygroundEnvironment(
        id=settings.entry.id,
        mass=tuple(sorted(settings.mass.items())),
        parameters=tuple(sorted(settings.parameters.items())),
        steps=settings.steps or LONGEST,
    )
    environment.made()
    return ControlTask.of(settings, environment)


@dataclass(frozen=True, kw_only=True)
class PlaygroundEnvironment(PhysicsEnvironment):
    """One environment of MuJoCo Playground."""

    id: str

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """The bodies, each joined to the one that carries it; the view follows the first."""
        model, moving = self.made().mj_model, states.data
        parents = np.asarray(model.body_parentid)
        return Skeleton(
            positions=np.asarray(moving.xpos)[:, 1:],
            turns=np.asarray(moving.xquat)[:, 1:],
            pairs=[(body - 1, int(parents[body]) - 1) for body in range(1, model.nbody) if parents[body] > 0],
            # A body's position is its joint: its limb ends twice as far away as its middle.
            ends=dict(enumerate(2 * np.asarray(model.body_ipos)[1:])),
        ).scene()

    def page(self, states: EnvironmentState) -> str | None:
        """Playground has no renderer of HTML."""
        return None

    def made(self) -> Any:
        """Playground's own environment.

        Raises:
            InvalidValue: if it has no such body.
        """
        return _made(self.id, self.mass, self.parameters)


@cache
def _made(identifier: str, mass: Numbers, parameters: Numbers) -> Any:
    with quiet(Warning):
        from mujoco_playground import dm_control_suite

        with without_log():
            made = dm_control_suite.load(identifier, config_overrides={**JAX_PHYSICS, **dict(parameters)})
            if mass:
                _change_masses(made, dict(mass))
    return made


def _change_masses(made: Any, mass: dict[str, float]) -> None:
    """Bodies of the same shape with another mass: their inertia scales with the mass."""
    import mujoco
    from mujoco import mjx

    model = made.mj_model
    known = [model.body(body).name for body in range(1, model.nbody)]
    for name, kilograms in mass.items():
        check_body(name, known)
        body = known.index(name) + 1
        model.body_inertia[body] *= kilograms / model.body_mass[body]
        model.body_mass[body] = kilograms
    mujoco.mj_setConst(model, mujoco.MjData(model))
    made._mjx_model = mjx.put_model(model, **JAX_PHYSICS)
