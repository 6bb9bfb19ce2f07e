"""What every rewind offers: the weights, and the mask, that a new round starts from."""

from dataclasses import dataclass
from typing import Protocol

import jax
from jaxtyping import Array, Bool, Float

from ticket_explorer.problems import Problem
from ticket_explorer.trainers.trainer import TrainingResult


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Origin:
    """What the line of rounds began with."""

    initial: Float[Array, "*batch D"]
    early: Float[Array, "*batch D"] | None
    """Weights of an early generation of the first round, if the rewind asks for them."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Start:
    """Where a round starts. θ₀ is dense: entries that the mask does not keep are not used."""

    theta0: Float[Array, "*batch D"]
    mask: Bool[Array, "*batch D"]


class Rewind(Protocol):
    """Pure and vmap-able over replicates; the implementation that a rewind's settings name."""

    def __call__(
        self, key: Array, origin: Origin, result: TrainingResult, mask: Bool[Array, " D"], problem: Problem
    ) -> Start:
        """Where the next round starts, after `mask` was pruned out of `result`."""
        ...
