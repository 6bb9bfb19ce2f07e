"""A rewind of one's own: any function that says where kept weights restart."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool

from ticket_explorer.errors import InvalidValue
from ticket_explorer.own_code import Called
from ticket_explorer.problems import Problem
from ticket_explorer.rewinds.rewind import Origin, Start
from ticket_explorer.trainers.trainer import TrainingResult


class OwnRestart:
    """`def my_start(key, origin, result, mask, problem)`, which returns the weights [D] that a round starts from."""

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

    def __call__(
        self, key: Array, origin: Origin, result: TrainingResult, mask: Bool[Array, " D"], problem: Problem
    ) -> Start:
        """The weights under the new mask.

        Raises:
            TicketError: if the function fails, or returns something else.
        """
        start = jnp.asarray(self._function(key, origin, result, mask, problem))
        if start.shape != result.mean.shape:
            raise InvalidValue(
                self._place, f"weights of shape {start.shape}", f"one for each entry, {result.mean.shape}"
            )
        return Start(start.astype(jnp.float32), mask)
