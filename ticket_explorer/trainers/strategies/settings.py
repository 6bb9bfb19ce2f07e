"""What can be said of evolution by a strategy; no JAX is imported here.

A setting that a strategy does not have is refused, never ignored.
"""

from collections.abc import Collection, Mapping
from math import isfinite
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta, structs

from ticket_explorer.errors import InvalidValue
from ticket_explorer.registry import Former
from ticket_explorer.trainers.settings import VECTORS, NonNegative, Optimizer, Positive, Share, TrainerSettings
from ticket_explorer.trainers.strategies import STRATEGIES
from ticket_explorer.trainers.strategies.strategy_info import OPTIONS, StrategyInfo, find

MATRICES = 6
"""Full covariances that a generation holds at its worst, where a strategy learns one."""


class Evolution(TrainerSettings, frozen=True, kw_only=True, tag="evolution"):
    """An evolution strategy from evosax that searches the kept weights."""

    implementation: ClassVar[str] = "ticket_explorer.trainers.evolution:Evolution"
    has_sigma: ClassVar[bool] = True
    has_population: ClassVar[bool] = True
    default_pruner: ClassVar[str] = "snr"
    fitness_over: ClassVar[str | None] = "population"
    formerly: ClassVar[Mapping[str, Former]] = {
        "separable_rates": Former(
            "rank_mu",
            "Sep-CMA-ES still raises the rank-μ rate of its covariance alone by (n + 2)/3, as this session did from "
            "its start; Ros & Hansen (2008) raise the rank-one rate too.",
            where=lambda table: str(table.get("strategy")).replace("_", "").lower() == "sepcmaes",
        )
    }
    strategy: str = "snes"
    population: Annotated[int, Meta(ge=2, le=1_000_000, description="individuals a generation")] = 64
    std_init: Positive = 0.05
    """σ₀, the search distribution's standard deviation at the start of a round."""
    std_decay: Share = 1.0
    """σ is multiplied by this after each generation (PGPE, OpenAI-ES, ARS)."""
    std_limit: NonNegative = 0.0
    """σ decays no further than this."""
    mean_decay: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """mean ← (1 − mean_decay) · mean after each generation."""
    weight_decay: NonNegative = 0.0
    """Fitness loses this times |θ|² of the individual."""
    elite_ratio: Share | None = None
    """Share of the population that is recombined (Sep-CMA-ES, ARS); None: the strategy's default."""
    temperature: Positive | None = None
    """Sharpness of the recombination weights (SNES, DES); None: the strategy's default."""
    fitness_shaping: Literal["centered_rank", "standardize", "normalize", "weights", "raw"] | None = None
    """How fitness becomes utility; None: the strategy's default."""
    optimizer: Optimizer | None = None
    """For strategies that follow a gradient estimate; None: the strategy's default."""
    parameters: dict[str, bool | int | float] = msgspec.field(default_factory=dict)
    """Any other hyper-parameter of the evosax strategy, by evosax's name."""
    separable_rates: Literal["both", "rank_mu"] = "both"
    """Which learning rates of its covariance Sep-CMA-ES raises by (n + 2)/3: rank one's and rank μ's, or the latter."""

    @property
    def individuals(self) -> int:
        """As many as it asks for."""
        return self.population

    @property
    def passes(self) -> float:
        """One for each individual."""
        return float(self.population)

    @property
    def info(self) -> StrategyInfo:
        """What is known of its strategy.

        Raises:
            UnknownName: if no strategy is called so.
        """
        return find(STRATEGIES, self.strategy)

    @property
    def algorithm(self) -> str:
        """The name of the strategy."""
        return self.info.name

    @property
    def has_sigma_of_each_weight(self) -> bool:
        """Whether the strategy adapts one."""
        return self.info.per_weight_std

    def numbers_held(self, size: int) -> int:
        """Those of the whole population, and full covariances where the strategy learns one."""
        return VECTORS * size * self.population + (MATRICES * size**2 if self.info.full_covariance else 0)

    def completed(self) -> "Evolution":
        """These settings with the strategy's defaults where none was given.

        Raises:
            UnknownName: if no strategy is called so.
        """
        info = self.info
        return structs.replace(
            self,
            strategy=info.name,
            optimizer=self.optimizer or info.optimizer,
            fitness_shaping=self.fitness_shaping or info.shapings[0],
        )

    def check(self) -> None:
        """Refuse an unknown strategy, and settings that the strategy does not have, as far as JAX isn't needed.

        Raises:
            UnknownName: if no strategy is called so.
            InvalidValue: at the first setting that the strategy does not have or can't use.
        """
        info = self.info
        if info.even_population and self.population % 2:
            expected = f"an even number: {info.name} draws its individuals in mirrored pairs"
            raise InvalidValue("$.trainer.population", self.population, expected)
        _check_options(info, self)
        if self.fitness_shaping is not None and self.fitness_shaping not in info.shapings:
            expected = _one_of(info.name, "fitness shaping", info.shapings)
            raise InvalidValue("$.trainer.fitness_shaping", self.fitness_shaping, expected)
        if self.optimizer is not None and info.optimizer is None:
            raise InvalidValue("$.trainer.optimizer", self.optimizer.name, f"none: {info.name} uses no optimizer")
        if info.parameters is not None:
            check_parameters(info.name, self.parameters, info.parameters)


def check_parameters(strategy: str, parameters: Mapping[str, bool | int | float], known: Collection[str]) -> None:
    """Check the names and values of evosax's own hyper-parameters.

    Raises:
        InvalidValue: if one is not among `known`, or not finite.
    """
    for name, value in parameters.items():
        path = f"$.trainer.parameters.{name}"
        if name not in known:
            raise InvalidValue(path, value, _one_of(strategy, "further parameter", known))
        if not isfinite(value):
            raise InvalidValue(path, value, "a finite number")


def _check_options(info: StrategyInfo, settings: Evolution) -> None:
    for option, absent in OPTIONS.items():
        value = getattr(settings, option)
        if value != absent and option not in info.options:
            raise InvalidValue(f"$.trainer.{option}", value, _one_of(info.name, "such option", info.options))


def _one_of(strategy: str, kind: str, known: Collection[str]) -> str:
    if not known:
        return f"none: {strategy} has no {kind}"
    return f"none: {strategy} has only {', '.join(sorted(known))}"
