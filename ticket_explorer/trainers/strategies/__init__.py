"""Strategies: evolution strategies by name. Nothing here imports JAX."""

from ticket_explorer.trainers.settings import Optimizer
from ticket_explorer.trainers.strategies.strategy_info import GRADIENT_SHAPINGS, StrategyInfo

_HERE = "ticket_explorer.trainers.strategies"
_STD_SCHEDULE = ("std_decay", "std_limit")
_OWN = (
    StrategyInfo(
        name="snes",
        summary="SNES: natural gradient in each weight (Wierstra et al. 2014).",
        implementation=f"{_HERE}.snes:build",
        per_weight_std=True,
        options=frozenset({"temperature", *_STD_SCHEDULE}),
        shapings=("weights",),
        optimizer=Optimizer(name="sgd", learning_rate=1.0),
        parameters=frozenset({"lr_std_init"}),
    ),
    StrategyInfo(
        name="sep_cma_es",
        summary="Sep-CMA-ES: CMA-ES with a diagonal covariance (Ros & Hansen 2008).",
        implementation=f"{_HERE}.sep_cma_es:build",
        per_weight_std=True,
        options=frozenset({"elite_ratio", "separable_rates"}),
        shapings=("weights",),
        parameters=frozenset(
            {"c_1", "c_c", "c_mean", "c_mu", "c_std", "chi_n", "d_std", "mu_eff", "std_max", "std_min"}
        ),
    ),
    StrategyInfo(
        name="pgpe",
        summary="PGPE: parameter-exploring policy gradients, mirrored pairs (Sehnke et al. 2010).",
        implementation=f"{_HERE}.pgpe:build",
        per_weight_std=True,
        even_population=True,
        options=frozenset(_STD_SCHEDULE),
        shapings=GRADIENT_SHAPINGS,
        optimizer=Optimizer(name="clipup", learning_rate=0.01, parameters={"max_velocity": 0.02}),
        parameters=frozenset({"std_lr", "std_max_change"}),
    ),
    StrategyInfo(
        name="des",
        summary="DES: discovered evolution strategy (Lange et al. 2023).",
        implementation=f"{_HERE}.des:build",
        per_weight_std=True,
        options=frozenset({"temperature", *_STD_SCHEDULE}),
        shapings=("weights",),
        optimizer=Optimizer(name="sgd", learning_rate=1.0),
        parameters=frozenset({"lr_std"}),
    ),
    StrategyInfo(
        name="open_es",
        summary="OpenAI-ES: one σ for all weights (Salimans et al. 2017).",
        implementation=f"{_HERE}.open_es:build",
        per_weight_std=False,
        even_population=True,
        options=frozenset(_STD_SCHEDULE),
        shapings=GRADIENT_SHAPINGS,
        optimizer=Optimizer(name="sgd", learning_rate=0.001),
        parameters=frozenset({"use_antithetic_sampling"}),
    ),
    StrategyInfo(
        name="ars",
        summary="ARS: augmented random search, one σ for all weights (Mania et al. 2018).",
        implementation=f"{_HERE}.ars:build",
        per_weight_std=False,
        even_population=True,
        options=frozenset({"elite_ratio", *_STD_SCHEDULE}),
        shapings=("raw", "centered_rank", "standardize", "normalize"),
        optimizer=Optimizer(name="adam", learning_rate=0.001),
        parameters=frozenset(),
    ),
)

_SGD = Optimizer(name="sgd", learning_rate=1.0)
_NATIVE = (
    StrategyInfo(
        name="cma_es",
        summary="CMA-ES with a full covariance, for small networks (Hansen & Ostermeier 2001).",
        implementation=f"{_HERE}.evosax_native:build",
        per_weight_std=False,
        full_covariance=True,
        options=frozenset({"elite_ratio"}),
        shapings=("weights",),
    ),
    StrategyInfo(
        name="cr_fm_nes",
        summary="CR-FM-NES: natural evolution strategy in linear time (Nomura & Ono 2022).",
        implementation=f"{_HERE}.evosax_native:build",
        per_weight_std=True,
        even_population=True,
        shapings=("weights",),
    ),
    StrategyInfo(
        name="xnes",
        summary="xNES: exponential natural evolution strategy, for small networks (Glasmachers et al. 2010).",
        implementation=f"{_HERE}.evosax_native:build",
        per_weight_std=False,
        full_covariance=True,
        shapings=("weights",),
        optimizer=_SGD,
    ),
    StrategyInfo(
        name="simple_es",
        summary="Simple ES: mean and deviation of an elite (Rechenberg 1973).",
        implementation=f"{_HERE}.evosax_native:build",
        per_weight_std=True,
        options=frozenset({"elite_ratio", *_STD_SCHEDULE}),
        shapings=("weights",),
        optimizer=_SGD,
    ),
    StrategyInfo(
        name="les",
        summary="LES: learned evolution strategy, its update a trained network (Lange et al. 2023).",
        implementation=f"{_HERE}.evosax_native:build",
        per_weight_std=True,
        options=frozenset(_STD_SCHEDULE),
        shapings=("raw",),
    ),
)

STRATEGIES: dict[str, StrategyInfo] = {info.name: info for info in (*_OWN, *_NATIVE)}

__all__ = ["STRATEGIES", "StrategyInfo"]
