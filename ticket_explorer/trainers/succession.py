"""What stays of a trainer's table when another strategy, or another trainer, takes its place.

The one rule for every face: a spec's branch, a command, a dialog, a form. What both trainers have stays, what
only the old one understands goes, and whoever changed it is told so. No JAX is imported here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ticket_explorer.errors import TicketError
from ticket_explorer.own_code import NAME, names_code
from ticket_explorer.registry import Settings, name_of
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES
from ticket_explorer.trainers.strategies.settings import Evolution
from ticket_explorer.trainers.strategies.strategy_info import OPTIONS, StrategyInfo, find, same_strategy

Table = dict[str, Any]

_EVOLUTION = name_of(Evolution)
_DEFAULT_STRATEGY = Evolution().strategy
_OF_ONE_STRATEGY = ("optimizer", "parameters")
"""Settings in units of a strategy's own: a learning rate is a step along its estimate, which no other one shares."""


@dataclass(frozen=True)
class Succession:
    """A trainer's table after another one was laid over it."""

    table: Any
    """As plain tables; what neither gives is not in it, so that defaults count."""
    said: tuple[str, ...] = ()
    """Sentences: what was dropped, and what was fitted to the new strategy."""


def succeed(present: Any, wanted: Any) -> Succession:
    """The trainer that follows on `present` where `wanted` is laid over it.

    The fields of `wanted` count as they are. Of the present ones stay all, if trainer and strategy stay. For another
    strategy those stay that it has: generations, population, σ₀ and both decays always, of the others what it knows; an
    odd population becomes even where it draws mirrored pairs. For another trainer those stay that both call `shared`.

    Args:
        present: A trainer's table, whole or in part, or its name. One that names no strategy is meant for all.
        wanted: What is different: a table, whole or in part, or a trainer's name; None is nothing.
    """
    if wanted is None:
        return Succession(present)
    before, after = _table(present), _table(wanted)
    if before is None or after is None:
        return Succession(wanted)
    name, old_name = after.get("name", before.get("name")), before.get("name")
    if name != old_name:
        return _another_trainer(before, after)
    old, new = before.get("strategy"), after.get("strategy")
    if new is None or (old is not None and same_strategy(str(old), str(new))):
        return Succession({**before, **after})
    return _another_strategy(before, after)


def _another_strategy(before: Table, after: Table) -> Succession:
    info = _strategy(after)
    if info is None:  # refused where it is parsed, with the known ones
        return Succession({**before, **after})
    given = {field: value for field, value in before.items() if field not in after}
    kept = {field: value for field, value in given.items() if _has(info, field, value, before.get("strategy"))}
    return _succession(before, after, kept, given, Evolution, info)


def _another_trainer(before: Table, after: Table) -> Succession:
    old, new = (TRAINERS.get(NAME if names_code(name) else str(name)) for name in (before.get("name"), after["name"]))
    if old is None or new is None:
        return Succession(after)
    given = {field: value for field, value in before.items() if field not in after}
    kept = {
        field: value
        for field, value in given.items()
        if field in old.shared & new.shared and not _is_default(old, field, value)
    }
    return _succession(before, after, kept, given, old, _strategy(after) if new is Evolution else None)


def _succession(
    before: Table, after: Table, kept: Table, given: Table, old: type[msgspec.Struct], info: StrategyInfo | None
) -> Succession:
    """Kept fields under the new ones, rounded where individuals come in pairs, and what is to be said of it.

    Args:
        before: The old table.
        after: What is laid over it.
        kept: Those of `given` that stay.
        given: The fields of the old table that the new one doesn't give.
        old: The settings of the old table.
        info: Of the new strategy; None if it is none.
    """
    name, said = _name(after), []
    unseen = {"place", *old.filled_in} if issubclass(old, Settings) else set()
    lost = [f for f in given if f not in kept and f not in unseen and not _is_default(old, f, given[f])]
    if lost:
        said.append(dropped(name, _name(before), {field: given[field] for field in lost}))
    population = kept.get("population")
    if info is not None and info.even_population and isinstance(population, int) and population % 2:
        kept = {**kept, "population": population + 1}
        said.append(f"The population rises from {population} to {population + 1}: {name} draws mirrored pairs.")
    named = {"name": before["name"]} if "name" in before else {}
    return Succession({**named, **kept, **after}, tuple(said))


def dropped(name: str, before: str, fields: Table) -> str:
    """A sentence about fields that don't stay where another algorithm takes over.

    Args:
        name: The algorithm that takes over.
        before: The one whose fields they are.
        fields: One or more, with their values.
    """
    fields = {**{field: value for field, value in fields.items() if field != "parameters"}, **_arguments(fields)}
    words = _listed([_shown(field, value) for field, value in fields.items()])
    return f"With {name} in place of {before}, {words} {'is' if len(fields) == 1 else 'are'} dropped."


def _arguments(fields: Table) -> Table:
    """The arguments of code of one's own by their names, or a strategy's."""
    given = fields.get("parameters", {})
    return dict(given) if isinstance(given, Mapping) else {"parameters": given}


def _has(info: StrategyInfo, field: str, value: Any, old: str | None) -> bool:
    """Whether a field of another strategy means the same to this one; of no strategy, whether this one has it."""
    if field in OPTIONS:
        return field in info.options
    if field in _OF_ONE_STRATEGY:
        return old is None and (field != "optimizer" or info.optimizer is not None)
    return field != "fitness_shaping" or value is None or value in info.shapings


def _strategy(table: Table) -> StrategyInfo | None:
    try:
        return find(STRATEGIES, str(table.get("strategy", _DEFAULT_STRATEGY)))
    except TicketError:
        return None


def _name(table: Table) -> str:
    """What a table is called by: its strategy, or else its trainer."""
    name = str(table.get("place") or table.get("name", _EVOLUTION))
    return str(table.get("strategy", _DEFAULT_STRATEGY)) if name == _EVOLUTION else name


def _is_default(settings: type[msgspec.Struct], field: str, value: Any) -> bool:
    """Whether it says nothing: the name and what counts anyway."""
    if field in ("name", "strategy"):
        return True
    known = {one.encode_name: one for one in msgspec.structs.fields(settings)}.get(field)
    if known is None or known.required:
        return False
    default = known.default if known.default_factory is msgspec.NODEFAULT else known.default_factory()
    plain, given = (msgspec.json.decode(msgspec.json.encode(one)) for one in (default, value))
    is_table = isinstance(plain, dict) and isinstance(given, dict)
    return bool((plain | given if is_table else given) == plain)


def _table(given: Any) -> Table | None:
    """A trainer's table; a bare name is short for one."""
    if isinstance(given, str):
        return {"name": given}
    return dict(given) if isinstance(given, Mapping) else None


def _shown(field: str, value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        return field
    return f"{field} = {str(value).lower() if isinstance(value, bool) else value}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
