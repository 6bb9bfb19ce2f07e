"""Plain tables, as TOML gives them, and what one amounts to when it is merged over another.

A branch is merged over its spec and a spec over the preset it begins from by the same rule: what was tuned
for one algorithm never reaches another.
"""

from typing import Any, TypeGuard

from ticket_explorer.trainers.strategies.catalogue import same_strategy
from ticket_explorer.trainers.strategies.settings import Evolution


def is_table(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a TOML table."""
    return isinstance(value, dict)


def algorithm_of(settings: dict[str, Any]) -> str:
    """What a table of settings is called where one word must do: an evolution by its strategy."""
    return str(settings.get("strategy", settings["name"]))


def merge(base: Any, override: Any) -> Any:
    """What a value amounts to under another one.

    A table that names another algorithm replaces the whole table; one that does not changes single fields.
    Another strategy than the one that the table names keeps `Evolution.of_any_strategy`.
    """
    if override is None:
        return base
    if not is_table(override) or (is_table(base) and override.get("name", base.get("name")) != base.get("name")):
        return override
    if not is_table(base):
        return {"name": base, **override}
    return {**(_without_strategy(base) if _is_another_strategy(base, override) else base), **override}


def _is_another_strategy(base: dict[str, Any], override: dict[str, Any]) -> bool:
    """Whether both name one; a table that names none is for all strategies."""
    names = base.get("strategy"), override.get("strategy")
    return None not in names and not same_strategy(*map(str, names))


def _without_strategy(trainer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in trainer.items() if key in Evolution.of_any_strategy}
