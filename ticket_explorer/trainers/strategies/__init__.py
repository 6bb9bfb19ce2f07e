"""Strategies: evolution strategies by name. Nothing here imports JAX."""

from ticket_explorer.trainers.settings import Evolution, Optimizer
from ticket_explorer.trainers.strategies.catalogue import StrategyInfo, check_settings, find

_HERE = "ticket_explorer.trainers.strategies"
_OWN = (
    StrategyInfo(
        name="snes",
        summary="SNES: natural gradient in each weight (Wierstra et al. 2014).",
        implementation=f"{_HERE}.snes:build",
        per_weight_std=True,
        options=frozenset({"temperature", "std_decay", "std_limit"}),
        shapings=("weights",),
        optimizer=Optimizer(name="sgd", learning_rate=1.0),
        parameters=frozenset({"lr_std_init"}),
    ),
)

STRATEGIES: dict[str, StrategyInfo] = {info.name: info for info in _OWN}


def check(settings: Evolution) -> StrategyInfo:
    """What is known of the strategy that `settings` name, after checking them as far as JAX isn't needed.

    Raises:
        UnknownName: if no strategy is called so.
        InvalidValue: if the strategy does not have one of the settings, or can't use its value.
    """
    info = find(STRATEGIES, settings.strategy)
    check_settings(info, settings)
    return info


__all__ = ["STRATEGIES", "StrategyInfo", "check"]
