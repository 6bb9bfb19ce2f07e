"""Gradient descent on the kept weights, the trainer of lottery tickets' origin.

Frankle & Carbin (2019), The Lottery Ticket Hypothesis: Finding Sparse, Trainable Neural Networks, ICLR.
A generation is one update on one batch. Pruned weights start at exactly zero and their gradients are
exactly zero, so that neither momentum nor weight decay moves them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ticket_explorer.problems import DifferentiableProblem, Problem, ProblemState, differentiable
from ticket_explorer.registry import name_of
from ticket_explorer.trainers.descent import Descent, DescentState, Parameters
from ticket_explorer.trainers.gradient_settings import GradientDescent as GradientDescentSettings
from ticket_explorer.trainers.live_changes import check_changes
from ticket_explorer.trainers.trainer import Metrics, TrainingResult


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class GradientDescentState:
    """Weights between two updates."""

    weights: Parameters
    """θ leaf by leaf, exactly zero where pruned."""
    mask: Parameters
    """Which of them are kept, bool."""
    descent: DescentState
    problem: ProblemState


class GradientDescent:
    """Follows the gradient of the loss under the mask.

    Args:
        settings: Optimiser and schedule.
        kept: How many entries the mask keeps; no shape depends on it.
    """

    def __init__(self, settings: GradientDescentSettings, kept: int):
        self.settings = settings
        self.descent = Descent(settings.optimizer, settings)

    def init(
        self, key: Array, theta0: Float[Array, " D"], mask: Bool[Array, " D"], problem: Problem
    ) -> GradientDescentState:
        """θ₀ under the mask.

        Raises:
            TicketError: if the problem has no loss.
        """
        weights = problem.layout.unflatten(jnp.where(mask, theta0, 0.0))
        return GradientDescentState(
            weights=weights,
            mask=problem.layout.unflatten(mask),
            descent=self.descent.init(weights),
            problem=differentiable(problem).initial_state(),
        )

    def step(self, key: Array, state: GradientDescentState, problem: Problem) -> tuple[GradientDescentState, Metrics]:
        """One update against the gradient of the loss on one batch."""
        differentiate = jax.value_and_grad(_loss, has_aux=True)
        (loss, problem_state), gradient = differentiate(state.weights, key, state.problem, differentiable(problem))
        weights, descent = self.descent.step(masked(gradient, state.mask), state.descent, state.weights)
        return replace(state, weights=weights, descent=descent, problem=problem_state), of_one(-loss)

    def finish(self, state: GradientDescentState, problem: Problem) -> TrainingResult:
        """The weights; there is no search distribution."""
        return TrainingResult(problem.layout.flatten(state.weights), None, flat_mask(state.mask, problem))

    def problem_state(self, state: GradientDescentState) -> ProblemState:
        """What the task carries: batch statistics, for a network that has some."""
        return state.problem

    def hyperparameters(self, state: GradientDescentState) -> Mapping[str, Float[Array, "*replicates"]]:
        """Learning rate, its decay and limit, and weight decay."""
        return self.descent.hyperparameters(state.descent)

    def tuned(self, state: GradientDescentState, changes: Mapping[str, float]) -> GradientDescentState:
        """The state with some hyper-parameters changed, in all replicates.

        Raises:
            TicketError: if a name is not one of `hyperparameters`, or a value is out of range.
        """
        check_changes(name_of(self.settings), changes, self.hyperparameters(state))
        return replace(state, descent=self.descent.tuned(state.descent, changes))


def masked(gradient: Parameters, mask: Parameters) -> Parameters:
    """The gradient of the kept weights, exactly zero (even where it is not finite) at the others."""
    return jax.tree.map(lambda g, m: jnp.where(m, g, 0.0), gradient, mask)


def flat_mask(mask: Parameters, problem: Problem) -> Bool[Array, " D"]:
    """A mask kept leaf by leaf, as one vector."""
    return problem.layout.flatten(mask) > 0


def of_one(fitness: Float[Array, ""]) -> Metrics:
    """The metrics of a trainer that has one individual, and no σ."""
    nothing = jnp.float32(jnp.nan)
    return Metrics(fitness_mean=fitness, fitness_best=nothing, fitness_std=nothing, sigma=nothing)


def _loss(
    weights: Parameters, key: Array, state: ProblemState, problem: DifferentiableProblem
) -> tuple[Float[Array, ""], Any]:
    return problem.training_loss(key, problem.layout.flatten(weights), state)
