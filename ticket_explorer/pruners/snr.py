"""SNR pruning: |θ| / σ (Lange & Sprekeler 2023, section 2).

σ is the effective standard deviation of each weight's search distribution, as sampled by the
strategy. A strategy with one σ for all weights makes this magnitude pruning.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.criteria import snr
from ticket_explorer.errors import TicketError
from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """|θ| / σ at the end of the round.

    Raises:
        TicketError: if the trainer has no search distribution.
    """
    if result.std is None:
        raise TicketError(
            "SNR pruning needs the σ of an evolution strategy, and this trainer has none; "
            "prune by magnitude, or train with an evolution strategy."
        )
    return snr(result.mean, jnp.where(result.mask, result.std, 1.0))
