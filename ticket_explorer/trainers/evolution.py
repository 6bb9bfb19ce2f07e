"""Evolution strategies as a trainer: the search distribution has one dimension for each kept weight.

Memory and sampling so shrink with the mask. Individuals are evaluated in the narrowed network, and
mean and σ are scattered back to θ's D entries when a round finishes. Everything that may be tuned
between generations is an array of the state, so that no change of it recompiles a step.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.layout import kept_indices, scatter
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.problems import Judged, Problem, ProblemState, judged
from ticket_explorer.trainers.live_changes import check_changes
from ticket_explorer.trainers.optimizers import LEARNING_RATE_SCHEDULE, decayed_learning_rate
from ticket_explorer.trainers.strategies.settings import Evolution as EvolutionSettings
from ticket_explorer.trainers.strategies.strategy import Strategy, scalars, with_learning_rate
from ticket_explorer.trainers.trainer import Metrics, TrainingResult

T = TypeVar("T")
PER_GENERATION = ("mean_decay", "weight_decay")
STD_SCHEDULE = ("std_decay", "std_limit")


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class EvolutionState:
    """A search distribution between two generations."""

    search: Any
    """evosax's state of the strategy."""
    parameters: Any
    """evosax's parameters of the strategy."""
    schedule: dict[str, Array]
    """The scalars that are applied around evosax's own update, by the names of their settings."""
    indices: Int[Array, "*replicates n"]
    """Which entries of θ are searched, ascending."""
    narrowing: Narrowing
    problem: ProblemState
    generation: Int[Array, "*replicates"]


class Evolution:
    """An evolution strategy that searches the `kept` kept entries of θ.

    Args:
        settings: Which strategy, and its hyper-parameters.
        kept: n, how many entries the mask keeps.

    Raises:
        TicketError: if the strategy is unknown, or does not have one of the settings.
    """

    def __init__(self, settings: EvolutionSettings, kept: int):
        settings.check()
        self.settings, info = settings.completed(), settings.info
        self.decays_std = "std_decay" in info.options
        with jax.ensure_compile_time_eval():
            self.strategy: Strategy = info.load()(self.settings, kept)
        self.kept = kept

    def init(self, key: Array, theta0: Float[Array, " D"], mask: Bool[Array, " D"], problem: Problem) -> EvolutionState:
        """The search distribution around θ₀."""
        indices = kept_indices(mask, self.kept)
        parameters = _strong(self.strategy.parameters)
        state = EvolutionState(
            search=self.strategy.algorithm.init(key, theta0[indices], parameters),
            parameters=parameters,
            schedule=self._schedule(),
            indices=indices,
            narrowing=problem.narrow(mask, self.kept),
            problem=problem.initial_state(),
            generation=jnp.zeros((), jnp.int32),
        )
        return _strong(state)

    def step(self, key: Array, state: EvolutionState, problem: Problem) -> tuple[EvolutionState, Metrics]:
        """One generation: ask, evaluate, tell, decay."""
        ask_key, fitness_key, utility_key, tell_key = jax.random.split(key, 4)
        population, search = self.strategy.algorithm.ask(ask_key, state.search, state.parameters)
        individuals = _placed(population, state.narrowing)
        found = judged(problem, fitness_key, individuals, state.problem, state.narrowing)
        costs = _penalty(population, state.schedule["weight_decay"]) - found.fitness
        utilities = self.strategy.utility(utility_key, costs, state.parameters)
        told = self._told(tell_key, population, utilities, replace(state, search=search))
        after = replace(told, problem=found.state, generation=state.generation + 1)
        return _like(after, state), _metrics(found, self.strategy.sigma(after.search))

    def finish(self, state: EvolutionState, problem: Problem) -> TrainingResult:
        """The search mean and the effective σ as entries of θ, exactly zero where pruned."""
        size = problem.layout.size
        return TrainingResult(
            mean=scatter(state.search.mean, state.indices, size),
            std=scatter(self.strategy.sigma(state.search), state.indices, size),
            mask=scatter(jnp.ones_like(state.search.mean), state.indices, size) > 0,
        )

    def problem_state(self, state: EvolutionState) -> ProblemState:
        """What the task carries."""
        return state.problem

    def hyperparameters(self, state: EvolutionState) -> Mapping[str, Float[Array, "*replicates"]]:
        """The scalars that may be changed between generations; `std` is the mean of σ as it is now."""
        search = {name: getattr(state.search, name) for name in self.strategy.live}
        std = _each_replicate(lambda one: jnp.mean(self.strategy.sigma(one.search)), state)(state)
        return {**self._live_parameters(state), **search, **state.schedule, "std": std}

    def tuned(self, state: EvolutionState, changes: Mapping[str, float]) -> EvolutionState:
        """The state with some hyper-parameters changed, in all replicates.

        Changing `std` scales σ so that its mean is the given value.

        Raises:
            TicketError: if a name is not one of `hyperparameters`, or a value is out of range.
        """
        now = self.hyperparameters(state)
        check_changes(self.settings.strategy, changes, now)
        new = {name: jnp.full_like(now[name], value) for name, value in changes.items()}

        def chosen(names: Mapping[str, Any] | tuple[str, ...]) -> dict[str, Array]:
            return {name: new[name] for name in names if name in new}

        search = state.search.replace(**chosen(self.strategy.live))
        if "std" in new:
            search = _rescaled(search, new["std"] / now["std"])
        parameters = state.parameters.replace(**chosen(self._live_parameters(state)))
        return replace(
            state, search=search, parameters=parameters, schedule={**state.schedule, **chosen(state.schedule)}
        )

    def _schedule(self) -> dict[str, Array]:
        values = {name: getattr(self.settings, name) for name in PER_GENERATION}
        if self.decays_std:
            values |= {name: getattr(self.settings, name) for name in STD_SCHEDULE}
        if self.settings.optimizer is not None:
            values |= {name: getattr(self.settings.optimizer, name) for name in LEARNING_RATE_SCHEDULE}
        return {name: jnp.float32(value) for name, value in values.items()}

    def _live_parameters(self, state: EvolutionState) -> dict[str, Array]:
        per_replicate = state.generation.ndim
        return {name: value for name, value in scalars(state.parameters, per_replicate).items() if "_init" not in name}

    def _told(
        self, key: Array, population: Float[Array, "N n"], utilities: Float[Array, " N"], state: EvolutionState
    ) -> EvolutionState:
        before, schedule = state.search, dict(state.schedule)
        if "learning_rate" in schedule:
            before = with_learning_rate(before, schedule["learning_rate"])
            schedule["learning_rate"] = decayed_learning_rate(schedule)
        search, _ = self.strategy.algorithm.tell(key, population, utilities, before, state.parameters)
        search = search.replace(mean=(1 - schedule["mean_decay"]) * search.mean)
        if self.decays_std:
            std = before.std if self.strategy.keeps_std else search.std
            search = search.replace(std=jnp.maximum(schedule["std_decay"] * std, schedule["std_limit"]))
        return replace(state, search=search, schedule=schedule)


def _placed(population: Float[Array, "N n"], narrowing: Narrowing) -> Float[Array, "N m"]:
    """The individuals as vectors of the narrowed network."""
    size = narrowing.network.layout.size
    return population if population.shape[-1] == size else scatter(population, narrowing.positions, size)


@jax.custom_batching.custom_vmap
def _penalty(population: Float[Array, "*R N n"], weight_decay: Float[Array, "*R"]) -> Float[Array, "*R N"]:
    """What weight decay costs each individual; the pass over the population is left out while it is off.

    `vmap` would turn the condition into a selection that computes both sides, so replicates are told apart here.
    """
    penalty: Array = jax.lax.cond(
        jnp.any(weight_decay > 0),
        lambda: weight_decay[..., None] * jnp.einsum("...nd,...nd->...n", population, population),
        lambda: jnp.zeros(population.shape[:-1]),
    )
    return penalty


@_penalty.def_vmap
def _penalty_of_replicates(
    replicates: int, batched: Sequence[bool], population: Array, weight_decay: Array
) -> tuple[Array, bool]:
    arguments = zip((population, weight_decay), batched, strict=True)
    return _penalty(*(a if b else jnp.broadcast_to(a, (replicates, *a.shape)) for a, b in arguments)), True


def _metrics(found: Judged, sigma: Float[Array, " n"]) -> Metrics:
    return Metrics(
        fitness_mean=jnp.nanmean(found.fitness),
        fitness_best=jnp.nanmax(found.fitness),
        fitness_std=jnp.nanstd(found.fitness),
        sigma=jnp.mean(sigma),
        steps=found.steps,
    )


def _rescaled(search: Any, factor: Array) -> Any:
    return search.replace(std=search.std * factor.reshape(factor.shape + (1,) * (search.std.ndim - factor.ndim)))


def _each_replicate(function: Callable[[EvolutionState], Array], state: EvolutionState) -> Callable[..., Array]:
    return jax.vmap(function) if state.generation.ndim else function


def _strong(tree: T) -> T:
    """The tree with every leaf an array of a definite type: evosax leaves Python numbers in its states."""
    strong: T = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.asarray(leaf).dtype), tree)
    return strong


def _like(tree: T, pattern: T) -> T:
    same: T = jax.tree.map(lambda leaf, old: jnp.asarray(leaf, old.dtype), tree, pattern)
    return same
