"""What every strategy adapter hands over: an evosax algorithm, its parameters, and how to read it.

evosax samples with its own `ask` and gets utilities in place of fitness (its shaping is switched
off), because its rank weights do not sum to one under ties.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import optax
from evosax.core.fitness_shaping import identity_fitness_shaping_fn
from jaxtyping import Array, Float

from ticket_explorer.trainers.optimizers import at_learning_rate, build_optimizer
from ticket_explorer.trainers.strategies.settings import Evolution
from ticket_explorer.trainers.strategies.shaping import SHAPINGS

SearchState = Any
"""The state of an evosax algorithm."""

Parameters = Any
"""The parameters of an evosax algorithm."""

Utility = Callable[[Array, Float[Array, " N"], Parameters], Float[Array, " N"]]
"""(key, costs, parameters) -> what `tell` is told; costs are lower-is-better."""

QUIET: Mapping[str, Any] = {
    "fitness_shaping_fn": identity_fitness_shaping_fn,
    "metrics_fn": lambda key, population, fitness, state, params: {},
}
"""How an evosax algorithm is built that neither shapes fitness nor computes metrics."""


@dataclass(frozen=True, eq=False)
class Strategy:
    """An evosax algorithm of one dimension and population, ready to run. Static; it holds no search state."""

    algorithm: Any
    parameters: Parameters
    utility: Utility
    sigma: Callable[[SearchState], Float[Array, " n"]]
    """The effective standard deviation of each weight, as the next `ask` samples it."""
    keeps_std: bool = False
    """Whether `tell` overwrites σ by a schedule, so that σ as it was is put back."""
    live: tuple[str, ...] = ()
    """Scalars that `init` copies from the parameters into the search state, where they are read."""


def plain_std(state: SearchState) -> Float[Array, " n"]:
    """σ of strategies that sample mean + std · z."""
    std: Float[Array, " n"] = jnp.broadcast_to(state.std, state.mean.shape)
    return std


def constant_std(settings: Evolution) -> Callable[[int | Array], Float[Array, ""]]:
    """The schedule of strategies that take σ from one: it is put back and decayed after each `tell`."""
    return lambda generation: jnp.float32(settings.std_init)


def descent(settings: Evolution) -> Utility:
    """The utility of strategies that descend an estimated gradient of the shaped costs."""
    assert settings.fitness_shaping is not None
    shape = SHAPINGS[settings.fitness_shaping]
    return lambda key, costs, parameters: shape(costs)


def optimizer_of(settings: Evolution) -> optax.GradientTransformation:
    """The optimiser that settings name, its learning rate an array of its state.

    Raises:
        InvalidValue: if it does not take one of the given parameters.
    """
    assert settings.optimizer is not None
    return build_optimizer(settings.optimizer)


def with_learning_rate(state: SearchState, learning_rate: Float[Array, ""]) -> SearchState:
    """The search state whose optimiser takes its next step at `learning_rate`."""
    return state.replace(opt_state=at_learning_rate(state.opt_state, learning_rate))


def scalars(parameters: Parameters, replicate_axes: int = 0) -> dict[str, Any]:
    """The scalar numbers among an evosax algorithm's parameters.

    Args:
        parameters: evosax's dataclass of them, arrays or numbers.
        replicate_axes: How many leading axes all of them have.
    """
    fields = {name: getattr(parameters, name) for name in parameters.__dataclass_fields__}
    return {name: value for name, value in fields.items() if _axes(value) == replicate_axes}


def _axes(value: object) -> int | None:
    return 0 if isinstance(value, (int, float)) else getattr(value, "ndim", None)
