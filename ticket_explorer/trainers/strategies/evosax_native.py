"""The other distribution-based strategies of evosax, under their own parameters.

A strategy is offered if the standard deviation of each weight, as `ask` samples it, can be told from
its state. Left out are those of which that is not so or that want more than fitness: RandomSearch,
GradientlessDescent, ASEBO, GuidedES, Rm_ES, LM_MA_ES and both iAMaLGaM (no formula for σ), ESMC (two
individuals without noise), PersistentES and NoiseReuseES (truncated unrolls), SV_CMA_ES and SV_Open_ES
(several means), HillClimbing and SimulatedAnnealing (no distribution is learnt), CMAAnchoredLES (keeps
σ twice), EvoTF_ES (a context as long as a run), MA_ES (evosax 0.3.2 adapts its matrix to unsorted
individuals).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import jax.numpy as jnp
from evosax.algorithms import CMA_ES, CR_FM_NES, LearnedES, SimpleES, xNES
from jaxtyping import Array, Float

from ticket_explorer.trainers.strategies.settings import Evolution, check_parameters
from ticket_explorer.trainers.strategies.shaping import random_tie_weights, raw, shared_weights
from ticket_explorer.trainers.strategies.strategy import (
    QUIET,
    SearchState,
    Strategy,
    Utility,
    optimizer_of,
    plain_std,
    scalars,
)

LOADING = 1e-8
"""What CMA-ES adds to the diagonal of C before it samples."""


def _covariance_std(state: SearchState) -> Float[Array, " n"]:
    std: Float[Array, " n"] = state.std * jnp.sqrt(jnp.maximum(jnp.diagonal(state.C), 0.0) + LOADING)
    return std


def _transformed_std(state: SearchState) -> Float[Array, " n"]:
    std: Float[Array, " n"] = state.std * jnp.linalg.norm(state.B, axis=0)
    return std


def _rank_one_std(state: SearchState) -> Float[Array, " n"]:
    std: Float[Array, " n"] = state.std * jnp.abs(state.D) * jnp.sqrt(1 + state.v**2)
    return std


def _random_ties(key: Array, costs: Float[Array, " N"], parameters: Any) -> Float[Array, " N"]:
    return random_tie_weights(key, costs, parameters.weights)


def _shared_ties(key: Array, costs: Float[Array, " N"], parameters: Any) -> Float[Array, " N"]:
    return shared_weights(costs, parameters.weights)


def _costs(key: Array, costs: Float[Array, " N"], parameters: Any) -> Float[Array, " N"]:
    return raw(costs)


@dataclass(frozen=True)
class _Native:
    algorithm: Callable[..., Any]
    utility: Utility
    sigma: Callable[[SearchState], Float[Array, " n"]] = plain_std
    std_init: Callable[[float], float] = float
    """evosax's `std_init` of σ₀."""
    live: tuple[str, ...] = ()


NATIVE: Mapping[str, _Native] = {
    "cma_es": _Native(CMA_ES, _random_ties, _covariance_std),
    "cr_fm_nes": _Native(CR_FM_NES, _random_ties, _rank_one_std),
    # evosax 0.3.2 starts xNES both with std = std_init and with B = std_init · I.
    "xnes": _Native(xNES, _shared_ties, _transformed_std, std_init=sqrt, live=("lr_std",)),
    "simple_es": _Native(SimpleES, _shared_ties),
    "les": _Native(LearnedES, _costs),
}


def build(settings: Evolution, dimension: int) -> Strategy:
    """The strategy that `settings` name, in `dimension` dimensions."""
    native = NATIVE[settings.strategy]
    arguments = {**QUIET, "optimizer": optimizer_of(settings)} if settings.optimizer else QUIET
    algorithm = native.algorithm(settings.population, jnp.zeros(dimension), **arguments)
    algorithm.elite_ratio = settings.elite_ratio or algorithm.elite_ratio
    return Strategy(
        algorithm=algorithm,
        parameters=_parameters(native, algorithm.default_params, settings),
        utility=native.utility,
        sigma=native.sigma,
        live=native.live,
    )


def _parameters(native: _Native, defaults: Any, settings: Evolution) -> Any:
    check_parameters(settings.strategy, settings.parameters, set(scalars(defaults)) - {"std_init"})
    own = {"std_init": native.std_init(settings.std_init)} if hasattr(defaults, "std_init") else {}
    return defaults.replace(**own, **settings.parameters)
