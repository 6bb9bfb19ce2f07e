"""GraSP: gradient signal preservation, θ₀ ⊙ H g at the start of the round.

Wang, Zhang & Grosse (2020), Picking Winning Tickets Before Training by Preserving Gradient Flow, ICLR,
Eq. (8): removing weights of the highest −θ ⊙ H g lessens the gradient's norm least, so the highest
θ ⊙ H g are kept. Gradient and Hessian are of one training batch, without the paper's temperature of
the logits. Training plays no part: prune once to the density that is wanted.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.problems import Problem, differentiable
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """By how much half the squared norm of the gradient would fall, to first order, if a weight were removed.

    Raises:
        TicketError: if the problem has no loss.
    """
    loss = differentiable(problem).loss
    start = jnp.where(result.mask, ticket.start, 0.0)
    slope = jax.grad(lambda theta: loss(key, theta))
    gradient = jnp.where(result.mask, slope(start), 0.0)
    curved: Array = jax.jvp(slope, (start,), (gradient,))[1]
    return start * curved
