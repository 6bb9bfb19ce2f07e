"""Plain tables, as TOML gives them, and what one amounts to when it is merged over another.

A branch is merged over its spec and a spec over the preset it begins from by the same rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from ticket_explorer.trainers.succession import succeed


def is_table(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a TOML table."""
    return isinstance(value, dict)


def algorithm_of(settings: dict[str, Any]) -> str:
    """What a table of settings is called where one word must do: an evolution by its strategy."""
    return str(settings.get("strategy", settings["name"]))


def merge(base: Any, override: Any) -> Any:
    """What a value amounts to under another one.

    A table that names another algorithm replaces the whole table; one that does not changes single fields.
    """
    if override is None:
        return base
    if not is_table(override) or (is_table(base) and override.get("name", base.get("name")) != base.get("name")):
        return override
    if not is_table(base):
        return {"name": base, **override}
    return {**base, **override}


@dataclass(frozen=True)
class Overlaid:
    """Tables by their keys, `task`, `trainer` …, after others were merged over them."""

    tables: dict[str, Any]
    said: tuple[str, ...] = ()
    """Sentences about what did not stay as it was given."""


def overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> Overlaid:
    """A spec's or a plan's tables with others merged over them: trainers as `succeed` says, all others as `merge`."""
    tables = {**base, **{key: merge(base[key], value) if key in base else value for key, value in over.items()}}
    if "trainer" not in base or "trainer" not in over:
        return Overlaid(tables)
    trainer = succeed(base["trainer"], over["trainer"])
    return Overlaid({**tables, "trainer": trainer.table}, trainer.said)
