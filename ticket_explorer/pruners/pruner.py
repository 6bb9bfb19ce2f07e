"""What every pruner offers: a score for each weight of a finished round. `masks.prune` does the rest."""

from typing import Protocol

from jaxtyping import Array, Float

from ticket_explorer.problems import Problem
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


class Pruner(Protocol):
    """Pure and vmap-able over replicates; the implementation that a pruner's settings name."""

    def __call__(self, key: Array, result: TrainingResult, ticket: Ticket, problem: Problem) -> Float[Array, " D"]:
        """The score of every entry of θ; the lowest of the kept prunable ones are pruned."""
        ...
