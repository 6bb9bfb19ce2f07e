"""Random pruning: a uniform score (the baseline of Lange & Sprekeler 2023)."""

import jax
from jaxtyping import Array, Float

from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """Uniform in [0, 1), independent of everything but the key."""
    return jax.random.uniform(key, result.mean.shape)
