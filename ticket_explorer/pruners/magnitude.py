"""Magnitude pruning: |θ| (Frankle & Carbin 2019, section 1)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """|θ| at the end of the round."""
    return jnp.abs(result.mean)
