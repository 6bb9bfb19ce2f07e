"""Sep-CMA-ES: covariance matrix adaptation with a diagonal covariance, linear in time and memory.

Ros & Hansen (2008), A Simple Modification in CMA-ES Achieving Linear Time and Space Complexity,
PPSN X. Individuals are m + s · √C · z with a scalar step size s, so a weight's σ is s · √C.

The parameters are the paper's own. evosax 0.3.2 leaves out the factor (n + 2)/3 by which the diagonal
model may learn faster than the full one; C then needs millions of generations at a network's size,
and SNR pruning is magnitude pruning. The factor is of the whole rate c_cov, which rank one and rank μ
share: c_cov/μ_eff and c_cov·(1 − 1/μ_eff).
"""

from math import log, sqrt
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
from evosax.algorithms.distribution_based.cma_es import Params
from evosax.algorithms.distribution_based.sep_cma_es import Sep_CMA_ES
from jaxtyping import Array, Float

from ticket_explorer.trainers.strategies.settings import Evolution
from ticket_explorer.trainers.strategies.shaping import random_tie_weights
from ticket_explorer.trainers.strategies.strategy import QUIET, SearchState, Strategy

DEFAULT_ELITE_RATIO = 0.5
UNLIMITED = {"std_min": 0.0, "std_max": 1e8, "c_mean": 1.0}
"""evosax's defaults of what Ros & Hansen don't have; to ask it for all of them takes seconds."""
LARGEST_VARIANCE, LOADING = 1e8, 1e-8
"""evosax clips C, and adds this much to it, before it samples."""


def build(settings: Evolution, dimension: int) -> Strategy:
    """Sep-CMA-ES in `dimension` dimensions."""
    algorithm = Sep_CMA_ES(settings.population, jnp.zeros(dimension), **QUIET)
    elite_ratio = settings.elite_ratio or DEFAULT_ELITE_RATIO
    own = ros_hansen(settings.population, dimension, elite_ratio, settings.separable_rates)
    values = {**UNLIMITED, **own, "std_init": settings.std_init, **settings.parameters}
    return Strategy(
        algorithm=algorithm,
        parameters=Params(**values),
        utility=lambda key, costs, parameters: random_tie_weights(key, costs, parameters.weights),
        sigma=sampled_std,
    )


def sampled_std(state: SearchState) -> Float[Array, " n"]:
    """σ = s · √C, with C as `ask` will clip and load it."""
    std: Float[Array, " n"] = state.std * jnp.sqrt(jnp.clip(state.C, 0.0, LARGEST_VARIANCE) + LOADING)
    return std


def ros_hansen(
    population: int, dimension: int, elite_ratio: float, rates: Literal["both", "rank_mu"] = "both"
) -> dict[str, Any]:
    """The strategy parameters of Ros & Hansen (2008), Tables 1 and 2, under evosax's names.

    Args:
        population: λ, individuals a generation.
        dimension: n, how many weights are searched.
        elite_ratio: μ / λ, the share that is recombined.
        rates: Which rates of the covariance are raised by (n + 2)/3; `rank_mu` is what older sessions do.
    """
    n = dimension
    weights, mu_eff = recombination_weights(population, elite_ratio)
    full_c_cov = 2 / (mu_eff * (n + sqrt(2)) ** 2) + (1 - 1 / mu_eff) * min(
        1, (2 * mu_eff - 1) / ((n + 2) ** 2 + mu_eff)
    )
    if rates == "both":
        c_cov = min(1, (n + 2) / 3 * full_c_cov)
        c_1, c_mu = c_cov / mu_eff, c_cov * (1 - 1 / mu_eff)
    else:
        c_1 = 2 / ((n + 1.3) ** 2 + mu_eff)
        c_mu = min(1 - c_1, (n + 2) / 3 * full_c_cov)
    c_std = (mu_eff + 2) / (n + mu_eff + 3)
    return {
        "weights": jnp.asarray(weights, jnp.float32),
        "mu_eff": mu_eff,
        "c_1": c_1,
        "c_mu": c_mu,
        "c_std": c_std,
        "d_std": 1 + 2 * max(0, sqrt((mu_eff - 1) / (n + 1)) - 1) + c_std,
        "c_c": 4 / (n + 4),
        "chi_n": sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n**2)),
    }


def recombination_weights(population: int, elite_ratio: float) -> tuple[np.ndarray, float]:
    """The weights of all individuals, best first, zero below the μ best, and μ_eff = 1 / Σ w²."""
    mu = max(1, int(elite_ratio * population))
    ranks = np.arange(1, population + 1)
    weights = np.where(ranks <= mu, log(mu + 1) - np.log(ranks), 0.0)
    weights = weights / weights.sum()
    return weights, float(1 / np.sum(weights**2))
