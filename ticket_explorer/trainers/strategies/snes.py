"""SNES: separable natural evolution strategy.

Wierstra, Schaul, Glasmachers, Sun, Peters & Schmidhuber (2014), Natural Evolution Strategies,
JMLR 15, Algorithm 6. σ follows its natural gradient in each weight.
"""

import jax
import jax.numpy as jnp
from evosax.algorithms.distribution_based.snes import SNES
from jaxtyping import Array, Float

from ticket_explorer.trainers.strategies.settings import Evolution
from ticket_explorer.trainers.strategies.shaping import shared_weights
from ticket_explorer.trainers.strategies.strategy import QUIET, Strategy, optimizer_of, plain_std


def build(settings: Evolution, dimension: int) -> Strategy:
    """SNES in `dimension` dimensions."""
    algorithm = SNES(settings.population, jnp.zeros(dimension), optimizer=optimizer_of(settings), **QUIET)
    parameters = algorithm.default_params.replace(std_init=settings.std_init, **settings.parameters)
    if settings.temperature is not None:
        parameters = parameters.replace(weights=temperature_weights(settings.population, settings.temperature))
    return Strategy(
        algorithm=algorithm,
        parameters=parameters,
        utility=lambda key, costs, parameters: shared_weights(costs, parameters.weights),
        sigma=plain_std,
        live=("lr_std",),
    )


def temperature_weights(population: int, temperature: float) -> Float[Array, " N"]:
    """Utilities by rank, best first: softmax(−T · (rank / (N − 1) − ½)) − 1/N.

    evosax 0.1.4, the paper's version, left out the −1/N. It is a baseline: the updates of mean and σ
    are the same in expectation with it, less noisy, and zero where all individuals are equal.
    """
    centered = jnp.arange(population) / (population - 1) - 0.5
    return jax.nn.softmax(-temperature * centered) - 1 / population
