"""Initial magnitude: |θ₀| (Zhou et al. 2019, figure 2, `large init`)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """|θ₀| at the start of the round."""
    return jnp.abs(ticket.start)
