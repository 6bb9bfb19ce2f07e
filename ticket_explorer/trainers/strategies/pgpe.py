"""PGPE: policy gradients with parameter-based exploration.

Sehnke, Osendorfer, Rückstiess, Graves, Peters & Schmidhuber (2010), Parameter-exploring Policy
Gradients, Neural Networks 23, with mirrored pairs; by default with ClipUp (Toklu et al. 2020).
Each weight's σ follows its own gradient estimate.
"""

import jax.numpy as jnp
from evosax.algorithms.distribution_based.pgpe import PGPE

from ticket_explorer.trainers.strategies.settings import Evolution
from ticket_explorer.trainers.strategies.strategy import QUIET, Strategy, descent, optimizer_of, plain_std


def build(settings: Evolution, dimension: int) -> Strategy:
    """PGPE in `dimension` dimensions."""
    algorithm = PGPE(settings.population, jnp.zeros(dimension), optimizer=optimizer_of(settings), **QUIET)
    return Strategy(
        algorithm=algorithm,
        parameters=algorithm.default_params.replace(std_init=settings.std_init, **settings.parameters),
        utility=descent(settings),
        sigma=plain_std,
    )
