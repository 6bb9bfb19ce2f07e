"""ARS: augmented random search, one σ for all weights.

Mania, Guy & Recht (2018), Simple random search of static linear policies is competitive for
reinforcement learning, NeurIPS. Steps along the best mirrored pairs, scaled by their fitness deviation.
"""

import jax.numpy as jnp
from evosax.algorithms.distribution_based.ars import ARS

from ticket_explorer.trainers.strategies.settings import Evolution
from ticket_explorer.trainers.strategies.strategy import (
    QUIET,
    Strategy,
    constant_std,
    descent,
    optimizer_of,
    plain_std,
)


def build(settings: Evolution, dimension: int) -> Strategy:
    """ARS in `dimension` dimensions."""
    algorithm = ARS(
        settings.population,
        jnp.zeros(dimension),
        optimizer=optimizer_of(settings),
        std_schedule=constant_std(settings),
        **QUIET,
    )
    algorithm.elite_ratio = settings.elite_ratio or algorithm.elite_ratio
    return Strategy(
        algorithm=algorithm,
        parameters=algorithm.default_params,
        utility=descent(settings),
        sigma=plain_std,
        keeps_std=True,
    )
