"""What devices may share of a problem: replicates, and the individuals of each.

Where individuals are shared out, each device computes the fitness of some of them, and all learn every one's.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import jax
from jax.sharding import PartitionSpec
from jaxtyping import Array, Float

from ticket_explorer.networks.network import Narrowing
from ticket_explorer.problems import Problem, ProblemState


@runtime_checkable
class ApartProblem(Problem, Protocol):
    """A problem that says whether its individuals are judged apart."""

    @property
    def judges_apart(self) -> bool:
        """Whether an individual's fitness depends on no other individual, and nothing is carried on from them."""
        ...


@runtime_checkable
class ActingInProcesses(Problem, Protocol):
    """A problem that says whether its environment lives in other processes."""

    @property
    def acts_in_processes(self) -> bool:
        """Whether it does: one device asks them, one replicate after another."""
        ...


def needs_one_device(problem: Problem) -> bool:
    """Whether devices may not even share the replicates."""
    return isinstance(problem, ActingInProcesses) and problem.acts_in_processes


def can_be_shared_out(problem: Problem) -> bool:
    """Whether devices may share the individuals of a generation."""
    return isinstance(problem, ApartProblem) and problem.judges_apart


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class SharedOut:
    """A problem within `jax.shard_map`: this device judges its part of the individuals. Everything else is as it was.

    Args:
        problem: The problem; its individuals are judged apart.
        axis: The mesh's axis whose devices share them evenly.
    """

    problem: Problem
    axis: str = field(metadata={"static": True})

    def fitness(
        self,
        key: Array,
        population: Float[Array, "N D"],
        state: ProblemState,
        narrowing: Narrowing | None = None,
    ) -> tuple[Float[Array, " N"], ProblemState]:
        """The fitness of every individual, of which this device computes its part."""

        def mine(problem: Problem, key: Array, population: Array, *more: Any) -> Array:
            return problem.fitness(key, population, *more)[0]

        alike, apart = PartitionSpec(), PartitionSpec(self.axis)
        of_all = jax.shard_map(
            mine, in_specs=(alike, alike, apart, alike, alike), out_specs=apart, axis_names={self.axis}, check_vma=False
        )
        return of_all(self.problem, key, population, state, narrowing), state

    def __getattr__(self, name: str) -> Any:
        """Everything else is the problem's own."""
        if name == "problem":  # not there yet while a copy is made
            raise AttributeError(name)
        return getattr(self.problem, name)
