"""SNIP: the connection sensitivity |θ₀ ⊙ ∂L/∂θ₀| at the start of the round.

Lee, Ajanthan & Torr (2019), SNIP: Single-shot Network Pruning based on Connection Sensitivity, ICLR,
Eqs. (3)–(5), without the normalisation, which changes no rank. The gradient is of one training batch.
Training plays no part: prune once to the density that is wanted, `ratio` near 1 and two rounds.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.problems import Problem, differentiable
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """How much the loss would change, to first order, if a weight were scaled.

    Raises:
        TicketError: if the problem has no loss.
    """
    loss = differentiable(problem).loss
    start = jnp.where(result.mask, ticket.start, 0.0)
    return jnp.abs(start * jax.grad(lambda theta: loss(key, theta))(start))
