"""Permuted mask and weights: what the density of each leaf alone is worth (Vischer et al. 2021)."""

import jax
from jaxtyping import Array, Bool

from ticket_explorer.problems import Problem
from ticket_explorer.rewinds.permutation import carried, permuted_mask
from ticket_explorer.rewinds.rewind import Origin, Start
from ticket_explorer.trainers.trainer import TrainingResult


def restart(key: Array, origin: Origin, result: TrainingResult, mask: Bool[Array, " D"], problem: Problem) -> Start:
    """The mask permuted within each leaf, the kept initial weights carried to its new places."""
    mask_key, weights_key = jax.random.split(key)
    new = permuted_mask(mask_key, mask, problem.layout)
    return Start(carried(weights_key, origin.initial, mask, new, problem.layout), new)
