"""Fisher pruning: ½ θ² F, with the mean square of each example's gradient in place of the Hessian's diagonal.

Theis, Korshunova, Tejani & Huszár (2018), Faster gaze prediction with dense networks and Fisher pruning,
arXiv:1801.05787, Eq. (6): the empirical Fisher information, of the labels as they are, of the first 1,000 training
examples. It is never negative and has no errors of chance; it is the Hessian's diagonal only where the network gives
each label the probability that it has.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ticket_explorer.problems import CurvedProblem, Problem, curved
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult

AT_ONCE = 40
"""Examples whose gradients are held at once."""


def score(key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
    """About how much the loss would rise if a weight were removed.

    Raises:
        TicketError: if the problem has no loss, or one that depends on the batch.
    """
    theta = jnp.where(result.mask, result.mean, 0.0)
    damage: Array = 0.5 * theta**2 * fisher_information(curved(problem), theta)
    return damage


@jax.jit
def fisher_information(problem: CurvedProblem, theta: Float[Array, " D"]) -> Float[Array, " D"]:
    """The mean over training examples of (∂ℓ/∂θ_i)²."""
    given = problem.fixed_examples("train", None, AT_ONCE)

    def loss(weights: Array, example: Any) -> Array:
        return problem.losses(weights, jax.tree.map(lambda array: array[None], example))[0]

    def of_part(total: Array, part: tuple[Any, Array]) -> tuple[Array, None]:
        examples, weights = part
        gradients = jax.vmap(jax.grad(loss), (None, 0))(theta, examples)
        return total + weights @ gradients**2, None

    found: Array = jax.lax.scan(of_part, jnp.zeros_like(theta), (given.examples, given.weights))[0]
    return found
