"""A pruner of one's own: any function that scores weights."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.errors import InvalidValue
from ticket_explorer.own_code import Called
from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


class OwnScore:
    """`def my_score(key, result, ticket, problem)`, which returns a score for each of the D entries of θ."""

    def __init__(self, place: str, source: str, parameters: Mapping[str, Any]) -> None:
        """Load it.

        Args:
            place: File and object.
            source: The file's text.
            parameters: The function's keyword arguments.

        Raises:
            TicketError: if its code is not trusted, or doesn't run.
        """
        self._place = place
        self._function = Called(place, source, parameters)

    def __call__(self, key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
        """The score of every entry of θ.

        Raises:
            TicketError: if the function fails, or returns something else.
        """
        scores = jnp.asarray(self._function(key, result, ticket, problem))
        if scores.shape != result.mean.shape:
            raise InvalidValue(
                self._place, f"scores of shape {scores.shape}", f"one for each weight, {result.mean.shape}"
            )
        return scores.astype(jnp.float32)
