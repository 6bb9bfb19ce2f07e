"""A rewind of one's own: any function that says where kept weights restart."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Bool

from ticket_explorer.own_numbers import numbers, refused, weights_of
from ticket_explorer.own_running import Called
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
        given = self._function(key, origin, result, mask, problem)
        return Start(numbers(self._place, given, "weights", result.mean.shape), mask)


def try_out(made: OwnRestart, problem: Problem, has_sigma: bool) -> None:
    """Trace it, to hear now what can't be.

    Raises:
        TicketError: with the line of the function's code, if it fails there.
    """
    result, ticket = weights_of(problem, has_sigma)
    key = jax.eval_shape(lambda: jax.random.key(0))
    jax.eval_shape(made, key, Origin(ticket.initial, None), result, result.mask, problem)


def check_start(place: str, start: np.ndarray, mask: np.ndarray) -> None:
    """Refuse weights that no round can start from.

    Args:
        place: File and object.
        start: Of all replicates, [R, D].
        mask: Which of them are there, [R, D].

    Raises:
        OwnCodeError: if any of them is NaN or infinite.
    """
    replicates = np.flatnonzero((mask & ~np.isfinite(start)).any(1))
    if replicates.size:
        said = f"weights that are NaN or infinite, in replicate {', '.join(map(str, replicates))}"
        raise refused(place, said, "finite numbers, from which a round can start")
