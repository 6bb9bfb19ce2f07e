"""What every trainer offers: init, step, finish. The loop belongs to the caller."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.problems import Problem

State = Any
"""A pytree of arrays whose shapes never change within a round."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Metrics:
    """What one generation tells. Fitness is higher-is-better; NaN where a trainer has no such value."""

    fitness_mean: Float[Array, "*batch"]
    fitness_best: Float[Array, "*batch"]
    fitness_std: Float[Array, "*batch"]
    """Standard deviation over the population."""
    sigma: Float[Array, "*batch"]
    """Mean per-weight standard deviation of the search distribution after the generation."""
    steps: Int[Array, "*batch"] | int = 0
    """Environment steps that the generation took; 0 where nothing acts in an environment."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class TrainingResult:
    """What a round found. Entries that `mask` does not keep are exactly zero in `mean` and `std`."""

    mean: Float[Array, "*batch D"]
    std: Float[Array, "*batch D"] | None
    """Effective per-weight standard deviation σ; None if the trainer has no search distribution."""
    mask: Bool[Array, "*batch D"]


class Trainer(Protocol):
    """Pure, jit-able, vmap-able over replicates (keys, θ₀, masks and states lead with that axis).

    A trainer is built by `implementation_of(settings)(settings, kept)`, where `kept`, the number of
    entries the mask keeps, is the static size of its search.
    """

    def init(self, key: Array, theta0: Float[Array, " D"], mask: Bool[Array, " D"], problem: Problem) -> State:
        """The state before the first generation of a round.

        Where settings say `carries_scores`, a fifth argument may be the scores that the round before left.
        """
        ...

    def step(self, key: Array, state: State, problem: Problem) -> tuple[State, Metrics]:
        """Train for one generation; returns the next state and the generation's metrics."""
        ...

    def finish(self, state: State, problem: Problem) -> TrainingResult:
        """What the state amounts to as weights; may be asked at any generation."""
        ...

    def problem_state(self, state: State) -> Any:
        """What the task carries in `state`, in the form that `Problem.score` takes."""
        ...

    def hyperparameters(self, state: State) -> Mapping[str, Float[Array, "*replicates"]]:
        """The scalars that may be changed between generations."""
        ...

    def tuned(self, state: State, changes: Mapping[str, float]) -> State:
        """The state with some hyper-parameters changed.

        Raises:
            TicketError: if a name is not one of `hyperparameters`, or a value is out of range.
        """
        ...


@runtime_checkable
class KeepingTrainer(Protocol):
    """A trainer that trains more than the weights, and keeps it with the round."""

    def beside(self, state: State) -> Any:
        """What is kept besides the weights: a pytree of arrays."""
        ...


@runtime_checkable
class ChoosingTrainer(Protocol):
    """A trainer whose result would be the best of a noisy sample: its candidates are tested again at a round's end.

    Who is ahead after one test was lucky in it, so that the same test can't say how good it is (the winner's curse).
    Settings say whether it is done: `TrainerSettings.chooses`.
    """

    def chosen(self, key: Array, state: State, problem: Problem) -> State:
        """The state whose `finish` is the candidate that did best on fresh episodes or batches; pure."""
        ...

    def choice(self, state: State) -> str | None:
        """How the result was chosen, in a sentence, of a state of `chosen` that leads with the replicate axis."""
        ...


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class LearnedScores:
    """What a round that learned a mask leaves to the next one; kept `beside` where settings say `carries_scores`."""

    scores: Float[Array, "*batch D"]
    """Where the next round's scores start; −∞ for entries that are removed for good."""
    weights: Float[Array, "*batch D"]
    """The trained weights, those of the entries that the round's mask does not keep too."""

    def survivors(self, mask: Bool[Array, "*batch D"], prunable: Bool[Array, " D"]) -> Bool[Array, "*batch D"]:
        """Which of the entries that the round trained go on into the next round."""
        return mask & (~prunable | (self.scores > -jnp.inf))
