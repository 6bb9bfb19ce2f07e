"""Magnitude increase: |θ| − |θ₀| (Zhou et al. 2019, figure 2, `magnitude increase`)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """By how much each weight grew in the round; negative where it shrank."""
    return jnp.abs(result.mean) - jnp.abs(ticket.start)
