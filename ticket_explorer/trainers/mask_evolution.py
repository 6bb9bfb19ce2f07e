"""Mask evolution: weights stay at their random initial values, and evolution searches which of them to keep.

Conklin, evolving masks over fixed random weights. An individual is a score for every weight; weights
whose score reaches a threshold are kept. The K individuals of the highest mean fitness over some
batches or episodes are the elites; a child is a random elite plus σ · N(0, I). With `cloning`, elites
go on unchanged: without it a good mask can be lost from one generation to the next, a weakness that
the author names.

Who is the fittest of one generation was lucky in it (the winner's curse). So with `averaging` a clone counts
by its mean lead over the generations that it has been through, and with `retests` the last elites are tested
again before one of them is the result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.problems import Judged, Problem, ProblemState, judged
from ticket_explorer.registry import name_of
from ticket_explorer.trainers.elites import Elites, Record, best_first
from ticket_explorer.trainers.live_changes import check_changes
from ticket_explorer.trainers.mask_evolution_settings import MaskEvolution as MaskEvolutionSettings
from ticket_explorer.trainers.trainer import Metrics, TrainingResult


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class MaskEvolutionState:
    """A population of score vectors between two generations."""

    scores: Float[Array, "*replicates N D"]
    best: Float[Array, "*replicates D"]
    """The scores of the fittest individual of the last generation, or of the elite that was chosen."""
    weights: Float[Array, "*replicates D"]
    """θ₀ under the round's mask; they never change."""
    mask: Bool[Array, "*replicates D"]
    std: Float[Array, "*replicates"]
    problem: ProblemState
    generation: Int[Array, "*replicates"]
    record: Record | None = None
    """None without averaging."""
    elites: Elites | None = None
    """None if they are not tested again."""


class MaskEvolution:
    """Evolves masks over frozen weights.

    Args:
        settings: Population, elites, mutation and threshold.
        kept: How many entries the mask keeps; no shape depends on it.
    """

    def __init__(self, settings: MaskEvolutionSettings, kept: int):
        self.settings = settings

    def init(
        self, key: Array, theta0: Float[Array, " D"], mask: Bool[Array, " D"], problem: Problem
    ) -> MaskEvolutionState:
        """Scores drawn from N(0, score_std_init²)."""
        settings, shape = self.settings, (self.settings.population, problem.layout.size)
        scores = settings.score_std_init * jax.random.normal(key, shape)
        unknown = jnp.full(settings.elites, jnp.nan, jnp.float32)
        return MaskEvolutionState(
            scores=scores,
            best=scores[0],
            weights=jnp.where(mask, theta0, 0.0),
            mask=mask,
            std=jnp.float32(self.settings.std),
            problem=problem.initial_state(),
            generation=jnp.zeros((), jnp.int32),
            record=Record.none(settings.population) if settings.averaging else None,
            elites=Elites(scores[: settings.elites], unknown, unknown) if settings.chooses else None,
        )

    def step(self, key: Array, state: MaskEvolutionState, problem: Problem) -> tuple[MaskEvolutionState, Metrics]:
        """One generation: threshold, evaluate, select, mutate."""
        fitness_key, child_key = jax.random.split(key)
        found = self._judged(fitness_key, state.scores, self.settings.episodes, state, problem)
        record = None if state.record is None else state.record.with_(found.fitness)
        standing = found.fitness if record is None else record.lead
        order = best_first(standing)[: self.settings.elites]
        elites, unknown = state.scores[order], jnp.full(self.settings.elites, jnp.nan, jnp.float32)
        after = replace(
            state,
            scores=self._children(child_key, elites, state.std),
            best=elites[0],
            problem=found.state,
            generation=state.generation + 1,
            record=None if record is None else record.after(order, self.settings.cloning),
            elites=None if state.elites is None else Elites(elites, found.fitness[order], unknown),
        )
        return after, _metrics(found)

    def finish(self, state: MaskEvolutionState, problem: Problem) -> TrainingResult:
        """The mask of the fittest individual of the last generation, or of the chosen one, and the weights it keeps."""
        mask = self._mask(state.best, state, problem)
        return TrainingResult(jnp.where(mask, state.weights, 0.0), None, mask)

    def chosen(self, key: Array, state: MaskEvolutionState, problem: Problem) -> MaskEvolutionState:
        """The last elites tested again, all on the same fresh batches or episodes, and the best of them the result."""
        assert state.elites is not None
        fitness = self._judged(key, state.elites.scores, self.settings.retests, state, problem).fitness
        best = state.elites.scores[best_first(fitness)[0]]
        return replace(state, best=best, elites=replace(state.elites, retested=fitness))

    def choice(self, state: MaskEvolutionState) -> str | None:
        """What the elites had claimed, and what they came to."""
        assert state.elites is not None
        return state.elites.told(self.settings.retests)

    def problem_state(self, state: MaskEvolutionState) -> ProblemState:
        """What the task carries."""
        return state.problem

    def hyperparameters(self, state: MaskEvolutionState) -> Mapping[str, Float[Array, "*replicates"]]:
        """σ of the mutations."""
        return {"std": state.std}

    def tuned(self, state: MaskEvolutionState, changes: Mapping[str, float]) -> MaskEvolutionState:
        """The state with another σ, in all replicates.

        Raises:
            TicketError: if a name is not one of `hyperparameters`, or a value is out of range.
        """
        check_changes(name_of(self.settings), changes, self.hyperparameters(state))
        return replace(state, std=jnp.full_like(state.std, changes["std"])) if changes else state

    def _judged(
        self, key: Array, scores: Float[Array, "N D"], tests: int, state: MaskEvolutionState, problem: Problem
    ) -> Judged:
        """The mean over some tests, each a batch or a set of episodes, of the fitness that scores give."""
        masks = jax.vmap(self._mask, (0, None, None))(scores, state, problem)
        population = jnp.where(masks, state.weights, 0.0)

        def test(carried: ProblemState, key: Array) -> tuple[ProblemState, tuple[Array, Array]]:
            found = judged(problem, key, population, carried)
            return found.state, (found.fitness, found.steps)

        carried, (fitness, steps) = jax.lax.scan(test, state.problem, jax.random.split(key, tests))
        return Judged(fitness.mean(0), carried, steps.sum())

    def _children(self, key: Array, elites: Float[Array, "K D"], std: Float[Array, ""]) -> Float[Array, "N D"]:
        parent_key, noise_key = jax.random.split(key)
        count, size = self.settings.population, elites.shape[-1]
        parents = jax.random.randint(parent_key, (count,), 0, elites.shape[0])
        children = elites[parents] + std * jax.random.normal(noise_key, (count, size))
        return children.at[: elites.shape[0]].set(elites) if self.settings.cloning else children

    def _mask(self, scores: Float[Array, " D"], state: MaskEvolutionState, problem: Problem) -> Bool[Array, " D"]:
        """Kept: prunable entries whose score reaches the threshold, and all that are not prunable."""
        prunable = jnp.asarray(problem.layout.prunable)
        if self.settings.sparsity is None:
            return state.mask & (~prunable | (scores >= self.settings.threshold))
        candidates = jnp.where(state.mask & prunable, scores, -jnp.inf)
        kept = jnp.round((1 - self.settings.sparsity) * jnp.sum(state.mask & prunable)).astype(jnp.int32)
        lowest = jnp.sort(candidates)[scores.size - jnp.maximum(kept, 1)]
        return state.mask & (~prunable | (candidates >= lowest))


def _metrics(found: Judged) -> Metrics:
    return Metrics(
        fitness_mean=jnp.nanmean(found.fitness),
        fitness_best=jnp.nanmax(found.fitness),
        fitness_std=jnp.nanstd(found.fitness),
        sigma=jnp.float32(jnp.nan),
        steps=found.steps,
    )
