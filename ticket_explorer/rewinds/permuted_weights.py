"""Permuted weights: what the mask is worth with the right values in the wrong places (Vischer et al. 2021)."""

from jaxtyping import Array, Bool

from ticket_explorer.problems import Problem
from ticket_explorer.rewinds.permutation import carried
from ticket_explorer.rewinds.rewind import Origin, Start
from ticket_explorer.trainers.trainer import TrainingResult


def restart(key: Array, origin: Origin, result: TrainingResult, mask: Bool[Array, " D"], problem: Problem) -> Start:
    """The initial weights, permuted among the kept entries of each leaf."""
    return Start(carried(key, origin.initial, mask, mask, problem.layout), mask)
