"""Numbers that code of one's own returns: of which shape and type they must be, and what it is tried out on."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.own_running import OwnCodeError
from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def refused(place: str, given: str, expected: str) -> OwnCodeError:
    """What an object of one's own returned, and what it should have, as an error."""
    return OwnCodeError(f"{given}, expected {expected}", path=place, given=given, expected=expected)


def numbers(place: str, given: Any, what: str, shape: tuple[int, ...]) -> Float[Array, "..."]:
    """What an object returned, as float32.

    Args:
        place: File and object.
        given: What it returned.
        what: What these numbers are, `scores`.
        shape: The shape that they must have.

    Raises:
        OwnCodeError: if they are no real numbers, or not as many.
    """
    try:
        found = jnp.asarray(given)
    except (TypeError, ValueError):
        raise refused(place, f"{what}: {type(given).__name__}", f"an array of numbers, {shape}") from None
    if found.shape != shape:
        raise refused(place, f"{what} of shape {found.shape}", f"one for each weight, {shape}")
    if not (jnp.issubdtype(found.dtype, jnp.floating) or jnp.issubdtype(found.dtype, jnp.integer)):
        raise refused(place, f"{what} of type {found.dtype}", "real numbers, float32")
    return found.astype(jnp.float32)


def weights_of(problem: Problem, has_sigma: bool) -> tuple[TrainingResult, Ticket]:
    """A round's result and its ticket by their shapes alone.

    Args:
        problem: Whose weights they are.
        has_sigma: Whether there is a σ of each weight.
    """
    size = problem.layout.size
    theta, mask = jax.ShapeDtypeStruct((size,), jnp.float32), jax.ShapeDtypeStruct((size,), jnp.bool_)
    return TrainingResult(theta, theta if has_sigma else None, mask), Ticket(mask, theta, theta)  # type: ignore[arg-type]
