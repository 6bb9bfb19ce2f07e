"""Learning a mask by gradients, with the weights or alone: what its trainers share.

Every kept prunable weight has a score s. A soft mask, made of the scores, multiplies the weights in
the forward pass, so that weights and scores descend the same loss; the round ends with a hard mask.
What becomes of scores and dropped weights between rounds is each kind's own rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.layout import flat
from ticket_explorer.problems import DifferentiableProblem, Problem, ProblemState, differentiable
from ticket_explorer.registry import name_of
from ticket_explorer.trainers.descent import Descent, DescentState, Parameters
from ticket_explorer.trainers.gradient_descent import flat_mask, masked, of_one
from ticket_explorer.trainers.gradient_settings import MaskSettings
from ticket_explorer.trainers.live_changes import check_changes
from ticket_explorer.trainers.trainer import LearnedScores, Metrics, TrainingResult

LAST_DRAW = 2**31 - 1
"""Folded into a round's key, for the mask that it ends with: no generation has this number."""
PREFIX = "score_"
"""Of the names of the score optimiser's hyper-parameters."""


@dataclass(frozen=True)
class Relaxation:
    """How scores become masks, entry by entry."""

    soft: Callable[[Array, Float[Array, "..."], Int[Array, ""]], Float[Array, "..."]]
    """(key, scores, generation) -> what multiplies the weights; differentiable in the scores."""
    density: Callable[[Float[Array, "..."], Int[Array, ""]], Float[Array, "..."]]
    """(scores, generation) -> what the penalty sums up: the expected mask."""
    hard: Callable[[Array, Float[Array, "..."]], Bool[Array, "..."]]
    """(key, scores) -> the mask that the round ends with."""
    after: Callable[[Float[Array, "..."], Int[Array, ""]], Float[Array, "..."]]
    """(scores, generations done) -> where they start in the next round; −∞ removes an entry for good."""
    is_drawn: bool = False
    """Whether the mask that a round ends with is drawn at random."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class MaskLearningState:
    """Weights and scores between two updates, leaf by leaf."""

    weights: Parameters
    scores: Parameters
    mask: Parameters
    """What the round began with, bool."""
    free: Parameters
    """Where the mask is learned: kept prunable entries, bool."""
    descent: DescentState
    score_descent: DescentState
    penalty: Float[Array, "*replicates"]
    problem: ProblemState
    draw: Array | None
    """The key that the final mask is drawn with, as bits; the same in all generations. None where none is drawn."""


class MaskLearning:
    """Descends the loss of weights times soft mask, plus a penalty on the mask.

    Args:
        settings: Optimisers, penalty, s₀, and whether weights are frozen.
        relaxation: How scores become masks.
    """

    def __init__(self, settings: MaskSettings, relaxation: Relaxation):
        self.settings, self.relaxation = settings, relaxation
        self.descent = Descent(settings.optimizer, settings)
        self.score_descent = Descent(settings.score_optimizer, settings, "$.trainer.score_optimizer", PREFIX)

    def init(
        self,
        key: Array,
        theta0: Float[Array, " D"],
        mask: Bool[Array, " D"],
        problem: Problem,
        scores: Float[Array, " D"] | None = None,
    ) -> MaskLearningState:
        """θ₀ under the mask, every score at s₀, or where the round before left it.

        Raises:
            TicketError: if the problem has no loss.
        """
        layout = problem.layout
        weights = layout.unflatten(jnp.where(mask, theta0, 0.0))
        begun = jnp.full(layout.size, self.settings.score_init, jnp.float32) if scores is None else scores
        leaves = layout.unflatten(begun)
        return MaskLearningState(
            weights=weights,
            scores=leaves,
            mask=layout.unflatten(mask),
            free=layout.unflatten(mask & jnp.asarray(layout.prunable)),
            descent=self.descent.init(weights),
            score_descent=self.score_descent.init(leaves),
            penalty=jnp.float32(self.settings.penalty),
            problem=differentiable(problem).initial_state(),
            draw=jax.random.key_data(jax.random.fold_in(key, LAST_DRAW)) if self.relaxation.is_drawn else None,
        )

    def step(self, key: Array, state: MaskLearningState, problem: Problem) -> tuple[MaskLearningState, Metrics]:
        """One update of the scores and, unless they are frozen, of the weights."""
        differentiate = jax.value_and_grad(self._objective, (0, 1), has_aux=True)
        (_, (loss, carried)), (for_weights, for_scores) = differentiate(
            state.weights, state.scores, key, state, differentiable(problem)
        )
        scores, score_descent = self.score_descent.step(
            masked(for_scores, state.free), state.score_descent, state.scores
        )
        weights, descent = state.weights, state.descent
        if not self.settings.freeze_weights:
            weights, descent = self.descent.step(masked(for_weights, state.mask), state.descent, state.weights)
        after = replace(
            state, weights=weights, scores=scores, descent=descent, score_descent=score_descent, problem=carried
        )
        return after, of_one(-loss)

    def finish(self, state: MaskLearningState, problem: Problem) -> TrainingResult:
        """The weights that the hard mask keeps, and that mask."""
        draw = jax.random.key(0) if state.draw is None else jax.random.wrap_key_data(state.draw)
        hard = jax.tree.map(
            lambda free, scores, mask, key: jnp.where(free, self.relaxation.hard(key, scores), mask),
            state.free,
            state.scores,
            state.mask,
            keys_for(state.scores, draw),
        )
        return TrainingResult(problem.layout.flatten(masked(state.weights, hard)), None, flat_mask(hard, problem))

    def beside(self, state: MaskLearningState) -> LearnedScores | tuple[()]:
        """The state from which the next round continues, where the settings carry scores over."""
        if not self.settings.carries_scores:
            return ()

        def after(one: MaskLearningState) -> LearnedScores:
            generation = one.score_descent.generation
            scores = jax.tree.map(lambda leaf: self.relaxation.after(leaf, generation), one.scores)
            return LearnedScores(flat(scores), flat(one.weights))

        replicates = state.score_descent.generation.ndim
        return jax.vmap(after)(state) if replicates else after(state)

    def problem_state(self, state: MaskLearningState) -> ProblemState:
        """What the task carries: batch statistics, for a network that has some."""
        return state.problem

    def hyperparameters(self, state: MaskLearningState) -> Mapping[str, Float[Array, "*replicates"]]:
        """The learning rates of weights and scores with their decays and limits, weight decay, and the penalty λ."""
        weights, scores = (
            descent.hyperparameters(now)
            for descent, now in ((self.descent, state.descent), (self.score_descent, state.score_descent))
        )
        return {**weights, **scores, "penalty": state.penalty}

    def tuned(self, state: MaskLearningState, changes: Mapping[str, float]) -> MaskLearningState:
        """The state with some hyper-parameters changed, in all replicates.

        Raises:
            TicketError: if a name is not one of `hyperparameters`, or a value is out of range.
        """
        check_changes(name_of(self.settings), changes, self.hyperparameters(state))
        return replace(
            state,
            descent=self.descent.tuned(state.descent, changes),
            score_descent=self.score_descent.tuned(state.score_descent, changes),
            penalty=jnp.full_like(state.penalty, changes["penalty"]) if "penalty" in changes else state.penalty,
        )

    def _objective(
        self,
        weights: Parameters,
        scores: Parameters,
        key: Array,
        state: MaskLearningState,
        problem: DifferentiableProblem,
    ) -> tuple[Float[Array, ""], Any]:
        generation = state.score_descent.generation
        batch_key, mask_key = jax.random.split(key)
        keys = keys_for(scores, mask_key)

        def effective(weight: Array, score: Array, free: Array, key: Array) -> Array:
            return weight * jnp.where(free, self.relaxation.soft(key, score, generation), 1.0)

        theta = problem.layout.flatten(jax.tree.map(effective, weights, scores, state.free, keys))
        loss, carried = problem.training_loss(batch_key, theta, state.problem)
        densities = jax.tree.map(
            lambda score, free: jnp.sum(jnp.where(free, self.relaxation.density(score, generation), 0.0)),
            scores,
            state.free,
        )
        return loss + state.penalty * sum(jax.tree.leaves(densities)), (loss, carried)


def keys_for(tree: Parameters, key: Array) -> Parameters:
    """A key for each leaf of a tree."""
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, list(jax.random.split(key, len(leaves))))
