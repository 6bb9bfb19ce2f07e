"""DES: the evolution strategy that was discovered by meta-evolution.

Lange, Schaul, Chen, Zahavy, Dalibard, Lu, Singh & Flennerhag (2023), Discovering Evolution
Strategies via Meta-Black-Box Optimization, ICLR. σ is drawn to the weighted deviation of the elite.
"""

import jax.numpy as jnp
from evosax.algorithms.distribution_based.discovered_es import DiscoveredES, get_weights

from ticket_explorer.trainers.strategies.settings import Evolution
from ticket_explorer.trainers.strategies.shaping import shared_weights
from ticket_explorer.trainers.strategies.strategy import QUIET, Strategy, optimizer_of, plain_std


def build(settings: Evolution, dimension: int) -> Strategy:
    """DES in `dimension` dimensions."""
    algorithm = DiscoveredES(settings.population, jnp.zeros(dimension), optimizer=optimizer_of(settings), **QUIET)
    weights = get_weights(settings.population, settings.temperature or algorithm.temperature)
    values = {"std_init": settings.std_init, "weights": weights, **settings.parameters}
    return Strategy(
        algorithm=algorithm,
        parameters=algorithm.default_params.replace(**values),
        utility=lambda key, costs, parameters: shared_weights(costs, parameters.weights),
        sigma=plain_std,
    )
