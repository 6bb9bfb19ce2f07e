"""Optimal Brain Damage: ½ θ² H, by how much the loss rises, to second order, if a weight is removed.

LeCun, Denker & Solla (1990), Optimal Brain Damage, NeurIPS 2, Eq. (5), of the trained weights. Their H is a
Gauss–Newton approximation; ours is an estimate of the whole one's diagonal, of the first 1,000 training examples, with
errors of chance: of ReLU networks, whose true diagonal is never negative, it may be so where it is small.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.analysis.diagonal import hessian_diagonal
from ticket_explorer.problems import Problem, curved
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """By how much the loss would rise, to second order, if a weight were removed.

    Raises:
        TicketError: if the problem has no loss, or one that depends on the batch.
    """
    theta = jnp.where(result.mask, result.mean, 0.0)
    damage: Array = 0.5 * theta**2 * hessian_diagonal(key, curved(problem), theta, result.mask, "train")
    return damage
