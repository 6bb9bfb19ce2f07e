"""The learned mask: what the trainer itself removed (Savarese et al. 2020; Zhou et al. 2019)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """One where the trainer's mask keeps a weight, zero where it does not."""
    return result.mask.astype(jnp.float32)
