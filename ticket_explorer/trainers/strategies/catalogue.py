"""What can be said of each strategy, and checked of its settings; no JAX is imported here.

A setting that a strategy does not have is refused, never ignored.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from math import isfinite
from typing import Any, Literal

from msgspec import structs

from ticket_explorer.errors import InvalidValue, UnknownName
from ticket_explorer.trainers.settings import Evolution, Optimizer

Shaping = Literal["centered_rank", "standardize", "normalize", "weights", "raw"]

OPTIONS: Mapping[str, object] = {
    "temperature": None,
    "elite_ratio": None,
    "separable_rates": "both",
    "std_decay": 1.0,
    "std_limit": 0.0,
}
"""Settings that only some strategies have, with the value that means it was not given."""

GRADIENT_SHAPINGS: tuple[Shaping, ...] = ("centered_rank", "standardize", "normalize", "raw")
"""How fitness may become utility where a strategy follows a gradient estimate."""


RANGES: Mapping[str, tuple[Callable[[float], bool], str]] = {
    "learning_rate": (lambda value: value > 0, "a number above 0"),
    "learning_rate_decay": (lambda value: 0 < value <= 1, "a number in (0, 1]"),
    "learning_rate_limit": (lambda value: value >= 0, "a number of at least 0"),
    "std": (lambda value: value > 0, "a number above 0"),
    "std_decay": (lambda value: 0 < value <= 1, "a number in (0, 1]"),
    "std_limit": (lambda value: value >= 0, "a number of at least 0"),
    "mean_decay": (lambda value: 0 <= value < 1, "a number in [0, 1)"),
    "weight_decay": (lambda value: value >= 0, "a number of at least 0"),
    "score_learning_rate": (lambda value: value > 0, "a number above 0"),
    "score_learning_rate_decay": (lambda value: 0 < value <= 1, "a number in (0, 1]"),
    "score_learning_rate_limit": (lambda value: value >= 0, "a number of at least 0"),
    "penalty": (lambda value: value >= 0, "a number of at least 0"),
}
"""What the hyper-parameters that are not evosax's own may be while a round runs."""


@dataclass(frozen=True, kw_only=True)
class StrategyInfo:
    """What a face may say of a strategy, and what its settings may hold."""

    name: str
    summary: str
    """One line, with the paper."""
    implementation: str
    """`module:function`, called as `function(settings, dimension) -> Strategy`; imported at first use."""
    per_weight_std: bool
    """Whether each weight's σ adapts within hundreds of generations in hundreds of dimensions.

    Where it doesn't, because one σ is shared or a full covariance is learnt too slowly, SNR pruning is
    magnitude pruning."""
    even_population: bool = False
    """Whether individuals come in mirrored pairs."""
    options: frozenset[str] = frozenset()
    """Which of `OPTIONS` it has."""
    shapings: tuple[Shaping, ...]
    """How fitness may become utility, the default first."""
    optimizer: Optimizer | None = None
    """The default optimiser; None: the strategy follows no optimiser."""
    parameters: frozenset[str] | None = None
    """Its other hyper-parameters, by evosax's names; None: only its construction tells."""

    def load(self) -> Any:
        """The function that builds the strategy; imports JAX at first use."""
        module, _, function = self.implementation.partition(":")
        return getattr(import_module(module), function)


def check_settings(info: StrategyInfo, settings: Evolution) -> None:
    """Check what can be checked without JAX.

    Raises:
        InvalidValue: at the first setting that the strategy does not have or can't use.
    """
    if info.even_population and settings.population % 2:
        expected = f"an even number: {info.name} draws its individuals in mirrored pairs"
        raise InvalidValue("$.trainer.population", settings.population, expected)
    _check_options(info, settings)
    if settings.fitness_shaping is not None and settings.fitness_shaping not in info.shapings:
        expected = _one_of(info.name, "fitness shaping", info.shapings)
        raise InvalidValue("$.trainer.fitness_shaping", settings.fitness_shaping, expected)
    if settings.optimizer is not None and info.optimizer is None:
        raise InvalidValue("$.trainer.optimizer", settings.optimizer.name, f"none: {info.name} follows no optimizer")
    if info.parameters is not None:
        check_parameters(info.name, settings, info.parameters)


def completed(info: StrategyInfo, settings: Evolution) -> Evolution:
    """The settings with the strategy's defaults where none was given."""
    return structs.replace(
        settings,
        strategy=info.name,
        optimizer=settings.optimizer or info.optimizer,
        fitness_shaping=settings.fitness_shaping or info.shapings[0],
    )


def check_parameters(strategy: str, settings: Evolution, known: Collection[str]) -> None:
    """Check the names and values of `settings.parameters`.

    Raises:
        InvalidValue: if one is not among `known`, or not finite.
    """
    for name, value in settings.parameters.items():
        path = f"$.trainer.parameters.{name}"
        if name not in known:
            raise InvalidValue(path, value, _one_of(strategy, "further parameter", known))
        if not isfinite(value):
            raise InvalidValue(path, value, "a finite number")


def check_changes(strategy: str, changes: Mapping[str, float], known: Collection[str]) -> None:
    """Check the hyper-parameters that are to change between two generations.

    Raises:
        UnknownName: if one is not among `known`.
        InvalidValue: if a value is not finite, or out of range.
    """
    for name, value in changes.items():
        path = f"$.trainer.{name}"
        if name not in known:
            raise UnknownName(f"hyper-parameter of a running {strategy}", name, known, path)
        if not isfinite(value):
            raise InvalidValue(path, value, "a finite number")
        allowed, words = RANGES.get(name, (isfinite, "a finite number"))
        if not allowed(value):
            raise InvalidValue(path, value, words)


def find(strategies: Mapping[str, StrategyInfo], name: str) -> StrategyInfo:
    """The strategy of a name; evosax's own spelling, such as `Sep_CMA_ES`, is understood too.

    Raises:
        UnknownName: with the known names, if there is none.
    """
    if name in strategies:
        return strategies[name]
    by_letters = {_letters(known): info for known, info in strategies.items()}
    if _letters(name) in by_letters:
        return by_letters[_letters(name)]
    raise UnknownName("strategy", name, strategies, "$.trainer.strategy")


def same_strategy(one: str, other: str) -> bool:
    """Whether two names, spelled as here or as by evosax, are of one strategy."""
    return _letters(one) == _letters(other)


def _check_options(info: StrategyInfo, settings: Evolution) -> None:
    for option, absent in OPTIONS.items():
        value = getattr(settings, option)
        if value != absent and option not in info.options:
            raise InvalidValue(f"$.trainer.{option}", value, _one_of(info.name, "such option", info.options))


def _one_of(strategy: str, kind: str, known: Collection[str]) -> str:
    if not known:
        return f"none: {strategy} has no {kind}"
    return f"none: {strategy} has only {', '.join(sorted(known))}"


def _letters(name: str) -> str:
    return name.replace("_", "").lower()
