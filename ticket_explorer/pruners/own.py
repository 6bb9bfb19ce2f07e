"""A pruner of one's own: any function that scores weights."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.own_numbers import numbers, refused, weights_of
from ticket_explorer.own_running import Called
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
        """The score of every entry of θ; all are infinite if one that is looked at is not finite.

        Raises:
            TicketError: if the function fails, or returns something else.
        """
        scores = numbers(self._place, self._function(key, result, ticket, problem), "scores", result.mean.shape)
        looked_at = result.mask & problem.layout.prunable
        return jnp.where((looked_at & ~jnp.isfinite(scores)).any(), jnp.inf, scores)


def try_out(made: OwnScore, problem: Problem, has_sigma: bool) -> None:
    """Trace it, to hear now what can't be.

    Raises:
        TicketError: with the line of the function's code, if it fails there.
    """
    result, ticket = weights_of(problem, has_sigma)
    jax.eval_shape(made, jax.eval_shape(lambda: jax.random.key(0)), result, ticket, problem)


def check_scores(place: str, thresholds: np.ndarray) -> None:
    """Refuse scores that weights can't be ranked by.

    Args:
        place: File and object.
        thresholds: Of all replicates, [R, ...]; infinite where a score was NaN or infinite.

    Raises:
        OwnCodeError: if there are such scores.
    """
    replicates = np.flatnonzero(np.isposinf(thresholds).reshape(len(thresholds), -1).any(1))
    if not replicates.size:
        return
    said = f"scores of kept weights that are NaN or infinite, in replicate {', '.join(map(str, replicates))}"
    raise refused(place, said, "finite numbers, of which the lowest are pruned")
