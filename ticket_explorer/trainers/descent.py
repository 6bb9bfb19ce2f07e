"""Following a gradient: an optimiser, its learning rate's schedule, and weight decay.

Everything that may be tuned between generations is an array of the state, so that no change of it
recompiles a step. Parameters are nested dicts of a layout's leaves: as one flat vector, an update of
LeNet-300-100 took half as long again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from ticket_explorer.trainers.gradient_settings import GradientSettings
from ticket_explorer.trainers.optimizers import (
    LEARNING_RATE_SCHEDULE,
    at_learning_rate,
    build_optimizer,
    decayed_learning_rate,
)
from ticket_explorer.trainers.settings import Optimizer

Parameters = Any
"""A nested dict of arrays, as `Layout.unflatten` makes them."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class DescentState:
    """An optimiser between two updates, and the scalars that may be tuned."""

    optimizer: Any
    schedule: dict[str, Float[Array, "*replicates"]]
    generation: Int[Array, "*replicates"]


@dataclass(frozen=True)
class Descent:
    """How parameters follow a gradient through a round.

    Args:
        optimizer: Which optimiser, and its learning rate.
        settings: Warm-up, milestones, cosine and weight decay.
        path: The optimiser's path in the spec, for messages.
        prefix: Of the names of its hyper-parameters.
    """

    optimizer: Optimizer
    settings: GradientSettings
    path: str = "$.trainer.optimizer"
    prefix: str = ""

    def __post_init__(self) -> None:
        """Refuse parameters that the optimiser does not take, before anything is trained."""
        build_optimizer(self.optimizer, self.path)

    def init(self, parameters: Parameters) -> DescentState:
        """The state before the first update."""
        schedule = {name: getattr(self.optimizer, name) for name in LEARNING_RATE_SCHEDULE}
        if not self.prefix:
            schedule["weight_decay"] = self.settings.weight_decay
        state = DescentState(
            optimizer=self._transformation.init(parameters),
            schedule={name: jnp.float32(value) for name, value in schedule.items()},
            generation=jnp.zeros((), jnp.int32),
        )
        return jax.tree.map(jnp.asarray, state)  # type: ignore[no-any-return]

    def step(
        self, gradient: Parameters, state: DescentState, parameters: Parameters
    ) -> tuple[Parameters, DescentState]:
        """One update against the gradient."""
        decay = state.schedule.get("weight_decay")
        if decay is not None:
            gradient = jax.tree.map(lambda g, p: g + decay * p, gradient, parameters)
        rate = state.schedule["learning_rate"] * self._share(state.generation)
        before = at_learning_rate(state.optimizer, rate)
        update, after = self._transformation.update(gradient, before, parameters)
        schedule = {**state.schedule, "learning_rate": decayed_learning_rate(state.schedule)}
        after = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state.optimizer)
        return optax.apply_updates(parameters, update), DescentState(after, schedule, state.generation + 1)

    def hyperparameters(self, state: DescentState) -> Mapping[str, Float[Array, "*replicates"]]:
        """What may be tuned, by its name with the prefix."""
        return {f"{self.prefix}{name}": value for name, value in state.schedule.items()}

    def tuned(self, state: DescentState, changes: Mapping[str, float]) -> DescentState:
        """The state with those of `changes` that are its own."""
        own = {name: changes[f"{self.prefix}{name}"] for name in state.schedule if f"{self.prefix}{name}" in changes}
        new = {name: jnp.full_like(state.schedule[name], value) for name, value in own.items()}
        return replace(state, schedule={**state.schedule, **new})

    @property
    def _transformation(self) -> optax.GradientTransformation:
        return build_optimizer(self.optimizer, self.path)

    def _share(self, generation: Int[Array, ""]) -> Float[Array, ""]:
        """What warm-up, milestones and cosine leave of the learning rate."""
        share, settings = jnp.float32(1.0), self.settings
        if settings.warmup:
            share = share * jnp.minimum((generation + 1) / settings.warmup, 1.0)
        for milestone in settings.milestones:
            share = jnp.where(generation >= milestone, share * settings.milestone_factor, share)
        if settings.cosine:
            share = share * 0.5 * (1 + jnp.cos(jnp.pi * jnp.minimum(generation / settings.generations, 1.0)))
        return jnp.asarray(share, jnp.float32)
