"""OpenAI-ES: one σ for all weights.

Salimans, Ho, Chen, Sidor & Sutskever (2017), Evolution Strategies as a Scalable Alternative to
Reinforcement Learning, arXiv:1703.03864. The σ is the same in every weight, so SNR prunes as
magnitude does.
"""

import jax.numpy as jnp
from evosax.algorithms.distribution_based.open_es import Open_ES

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
    """OpenAI-ES in `dimension` dimensions."""
    algorithm = Open_ES(
        settings.population,
        jnp.zeros(dimension),
        optimizer=optimizer_of(settings),
        std_schedule=constant_std(settings),
        use_antithetic_sampling=bool(settings.parameters.get("use_antithetic_sampling", True)),
        **QUIET,
    )
    return Strategy(
        algorithm=algorithm,
        parameters=algorithm.default_params,
        utility=descent(settings),
        sigma=plain_std,
        keeps_std=True,
    )
