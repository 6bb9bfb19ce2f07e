"""What can be said of each strategy; no JAX is imported here."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from ticket_explorer.errors import UnknownName
from ticket_explorer.trainers.settings import Optimizer

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
    full_covariance: bool = False
    """Whether it learns how weights vary together: its memory grows with the square of their number."""
    parameters: frozenset[str] | None = None
    """Its other hyper-parameters, by evosax's names; None: only its construction tells."""

    def load(self) -> Any:
        """The function that builds the strategy; imports JAX at first use."""
        module, _, function = self.implementation.partition(":")
        return getattr(import_module(module), function)


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


def _letters(name: str) -> str:
    return name.replace("_", "").lower()
