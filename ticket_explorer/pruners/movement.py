"""Movement pruning: |θ − θ₀| (Zhou et al. 2019, figure 2, `movement`)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """How far each weight moved in the round."""
    return jnp.abs(result.mean - ticket.start)
