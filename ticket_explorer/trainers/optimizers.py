"""Optimisers by the names that settings give them: optax's, and ClipUp.

The learning rate is an array of the optimiser's state, so that it can be decayed, scheduled and
tuned without compiling a step again.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from ticket_explorer.errors import InvalidValue
from ticket_explorer.trainers.clipup import clipup
from ticket_explorer.trainers.settings import Optimizer

LEARNING_RATE_SCHEDULE = ("learning_rate", "learning_rate_decay", "learning_rate_limit")

OPTIMIZERS: Mapping[str, Callable[..., optax.GradientTransformation]] = {
    "sgd": optax.sgd,
    "adam": optax.adam,
    "clipup": clipup,
    "momentum": lambda learning_rate, decay=0.9, **rest: optax.sgd(learning_rate, momentum=decay, **rest),
    "rmsprop": optax.rmsprop,
}


def build_optimizer(settings: Optimizer, path: str = "$.trainer.optimizer") -> optax.GradientTransformation:
    """The optimiser that settings name, its learning rate an array of its state.

    Args:
        settings: Its name and parameters.
        path: Their path in the spec.

    Raises:
        InvalidValue: if it does not take one of the given parameters.
    """

    def make(learning_rate: Any) -> optax.GradientTransformation:
        return OPTIMIZERS[settings.name](learning_rate=learning_rate, **settings.parameters)

    try:
        make(settings.learning_rate)
    except TypeError as error:
        given = ", ".join(settings.parameters)
        raise InvalidValue(f"{path}.parameters", given, f"what {settings.name} takes ({error})") from None
    return optax.inject_hyperparams(make)(learning_rate=settings.learning_rate)


def at_learning_rate(state: Any, learning_rate: Float[Array, ""]) -> Any:
    """The state of an optimiser that takes its next step at `learning_rate`."""
    return state._replace(hyperparams={"learning_rate": learning_rate})


def decayed_learning_rate(schedule: Mapping[str, Array]) -> Float[Array, ""]:
    """The learning rate one generation later: times its decay, but no lower than its limit."""
    now, limit = schedule["learning_rate"], schedule["learning_rate_limit"]
    return jnp.maximum(schedule["learning_rate_decay"] * now, jnp.minimum(limit, now))
