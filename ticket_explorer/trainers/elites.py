"""The fittest of a population: what is known of them beyond the one test that each was lucky in.

Fitness is a mean over some batches or episodes. The highest of many such means flatters its individual (the winner's
curse): landers that had claimed 260, 211 and 163 came to 124, 99 and 14 in new episodes.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Record:
    """What each individual of a population came to before this generation; new ones have none."""

    total: Float[Array, "*replicates N"]
    """Sum of its leads: how far it was above the median of its generation, whose tests are the same for all."""
    generations: Int[Array, "*replicates N"]

    @classmethod
    def none(cls, population: int) -> "Record":
        """Of a population that was never tested."""
        return cls(jnp.zeros(population), jnp.zeros(population, jnp.int32))

    def with_(self, fitness: Float[Array, " N"]) -> "Record":
        """The record with one more generation. Batches and starts differ from one to the next: only leads compare."""
        return Record(self.total + fitness - jnp.nanmedian(fitness), self.generations + 1)

    def after(self, order: Int[Array, " K"], cloning: bool) -> "Record":
        """That of the next population, whose first are clones of `order`."""
        new, clones = Record.none(len(self.total)), len(order)
        if not cloning:
            return new
        return Record(
            new.total.at[:clones].set(self.total[order]), new.generations.at[:clones].set(self.generations[order])
        )

    @property
    def lead(self) -> Float[Array, " N"]:
        """The mean over its generations."""
        return self.total / self.generations


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Elites:
    """The best of the last generation, the fittest first, as candidates for the result."""

    scores: Float[Array, "*replicates K D"]
    claimed: Float[Array, "*replicates K"]
    """Their fitness in that generation."""
    retested: Float[Array, "*replicates K"]
    """Their fitness in fresh tests; NaN before there were any."""

    def told(self, tests: int) -> str:
        """How the result was chosen, replicate by replicate, in a sentence each."""
        told = [_told(*one, tests) for one in zip(np.asarray(self.claimed), np.asarray(self.retested), strict=True)]
        return told[0] if len(told) == 1 else " ".join(f"Replicate {i}: {one}" for i, one in enumerate(told))


def best_first(fitness: Float[Array, " N"]) -> Int[Array, " N"]:
    """Indices by fitness, highest first; NaN comes last."""
    order: Array = jnp.argsort(-jnp.nan_to_num(fitness, nan=-jnp.inf))
    return order


def _told(claimed: np.ndarray, retested: np.ndarray, tests: int) -> str:
    best = int(np.nanargmax(retested)) if np.isfinite(retested).any() else 0
    return (
        f"The result is the best of {len(retested)} elites in {tests} fresh tests, {retested[best]:.4g}, where it had "
        f"claimed {claimed[best]:.4g}; the first elite had claimed {claimed[0]:.4g} and came to {retested[0]:.4g}."
    )
