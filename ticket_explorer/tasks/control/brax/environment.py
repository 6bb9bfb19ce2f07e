"""brax environments of both generations, stepped without their wrappers.

Masses are changed where the physics read them: in the first generation's configuration, in the second's inertia.
The spring and positional backends scale masses away (`spring_mass_scale` is 1 in brax's own files), so that a
changed one would do nothing there: that is refused.
"""

import inspect
import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.registry import name_of
from ticket_explorer.tasks.control.brax import first_generation as brax_v1
from ticket_explorer.tasks.control.brax import pictures as brax_pictures
from ticket_explorer.tasks.control.brax.settings import Backend, BraxSettings
from ticket_explorer.tasks.control.environment import EnvironmentState, needs, refuse_parameter
from ticket_explorer.tasks.control.physics import LONGEST, Numbers, PhysicsEnvironment, check_body
from ticket_explorer.tasks.control.problem import ControlTask
from ticket_explorer.tasks.control.scene import Scene
from ticket_explorer.tasks.control.silence import quiet, without_log


def load(settings: BraxSettings) -> ControlTask:
    """The task of an environment.

    Raises:
        TicketError: if brax is not installed, or the physics do not have or would ignore one of the changes.
    """
    name = name_of(settings)
    needs("brax", name)
    environment = BraxEnvironment(
        name=name,
        backend=settings.backend,
        mass=tuple(sorted(settings.mass.items())),
        parameters=tuple(sorted(settings.parameters.items())),
        steps=settings.steps or LONGEST,
    )
    _check_start(environment)
    return ControlTask.of(settings, environment)


@dataclass(frozen=True, kw_only=True)
class BraxEnvironment(PhysicsEnvironment):
    """One environment of brax."""

    name: str
    backend: Backend

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """The bodies, each joined to the one that carries it, seen from the side; the view follows the first."""
        return brax_pictures.scene_of(self.made(), self.backend, states)

    def page(self, states: EnvironmentState) -> str | None:
        """A page of HTML by brax's own renderer; its viewer is fetched from a CDN when it is opened."""
        with quiet():
            return brax_pictures.page_of(self.made(), self.backend, states)

    def made(self) -> Any:
        """brax's own environment.

        Raises:
            TicketError: if the physics do not have, or would ignore, one of the changes.
        """
        return _made(self.name, self.backend, self.mass, self.parameters)


@cache
def _made(name: str, backend: Backend, mass: Numbers, parameters: Numbers) -> Any:
    with quiet(), redirect_stdout(io.StringIO()):  # MuJoCo prints which optional packages it has not found
        if backend == "v1":
            module = brax_v1.environments(name)
            with brax_v1.being_made():
                return _first_generation(name, module, dict(mass), dict(parameters))
        with without_log():
            return _second_generation(name, backend, dict(mass), dict(parameters))


def _first_generation(name: str, module: Any, mass: dict[str, float], parameters: dict[str, float]) -> Any:
    _check_parameters(name, module._envs[name], parameters)
    made = module._envs[name](legacy_spring=True, **parameters)
    bodies = {body.name: body for body in made.sys.config.bodies}
    for body, kilograms in mass.items():
        check_body(body, list(bodies))
        bodies[body].mass = kilograms
    if not mass:
        return made
    from google.protobuf import text_format

    place: Any = import_module(type(made).__module__)
    text, place._SYSTEM_CONFIG_SPRING = place._SYSTEM_CONFIG_SPRING, text_format.MessageToString(made.sys.config)
    try:
        return module._envs[name](legacy_spring=True, **parameters)
    finally:
        place._SYSTEM_CONFIG_SPRING = text


def _second_generation(name: str, backend: Backend, mass: dict[str, float], parameters: dict[str, float]) -> Any:
    envs: Any = import_module("brax.envs")

    _check_parameters(name, envs._envs[name], parameters)
    made: Any = envs.get_environment(name, backend=backend, **parameters)
    for body, kilograms in mass.items():
        if backend in ("spring", "positional") and float(made.sys.spring_mass_scale) == 1:
            raise InvalidValue(
                "$.task.mass",
                f"{{{body!r}: {kilograms:g}}}",
                f"nothing with the backend {backend!r}, which ignores masses; use v1, generalized or mjx",
            )
        check_body(body, list(made.sys.link_names))
        made.sys = _with_mass(made.sys, list(made.sys.link_names).index(body), kilograms, backend)
    return made


def _with_mass(system: Any, link: int, kilograms: float, backend: Backend) -> Any:
    """A body of the same shape with another mass: its inertia scales with the mass."""
    if backend == "mjx":
        body = link + 1  # body 0 is the world
        ratio = kilograms / system.body_mass[body]
        scale = jnp.ones(len(system.body_mass)).at[body].set(ratio)
        return system.tree_replace(
            {"body_mass": system.body_mass * scale, "body_inertia": system.body_inertia * scale[:, None]}
        )
    inertia = system.link.inertia
    scale = jnp.ones(len(inertia.mass)).at[link].set(kilograms / inertia.mass[link])
    return system.tree_replace(
        {"link.inertia.mass": inertia.mass * scale, "link.inertia.i": inertia.i * scale[:, None, None]}
    )


def _check_start(environment: BraxEnvironment) -> None:
    """Refuse physics that can't start; brax 0.12.3 knows the inside of an older MuJoCo than today's."""
    environment.made()
    try:
        environment.observation_shape  # noqa: B018  # traces a reset
    except TypeError as error:
        if environment.backend != "mjx":
            raise
        raise TicketError(
            f"$.task.backend: brax's mjx can't work with the installed MuJoCo ({error}); use generalized, or install "
            "an older one, mujoco-mjx<3.3."
        ) from error


def _check_parameters(name: str, maker: Any, parameters: dict[str, float]) -> None:
    signature = inspect.signature(getattr(maker, "func", maker))
    known = [one.name for one in signature.parameters.values() if isinstance(one.default, bool | int | float)]
    known = [one for one in known if one not in ("legacy_spring", "use_contact_forces")]
    for parameter in parameters:
        if parameter not in known:
            refuse_parameter(name, parameter, known)
