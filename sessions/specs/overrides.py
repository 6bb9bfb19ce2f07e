"""Merges overrides into a plan's tables: what stays, what replaces it, and what to report."""

from collections.abc import Mapping
from typing import Any

from sessions.specs.own_succession import with_own_succession
from ticket_explorer.networks import NETWORKS
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.pruners.settings import PrunerSettings
from ticket_explorer.registry import Settings
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.tables import Overlaid, is_table, overlay
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.settings import TrainerSettings

FAMILIES: Mapping[str, tuple[str, Mapping[str, type[Settings]]]] = {
    "task": ("task", TASKS),
    "network": ("network", NETWORKS),
    "trainer": ("trainer", TRAINERS),
    "pruner": ("pruner", PRUNERS),
    "rewind": ("rewind", REWINDS),
}
PLAN_KEYS = (*FAMILIES, "pruning", "analysis", "noise_seed", "noise_from")
DEFAULTS: dict[str, Any] = {
    "task": {"name": "fashion"},
    "network": {"name": "mlp"},
    "trainer": {"name": "evolution"},
    "rewind": "initial",
    "pruning": {},
    "analysis": {},
}


def overridden(table: Mapping[str, Any], overrides: Mapping[str, Any] | None = None) -> Overlaid:
    """The tables of a plan, all of `PLAN_KEYS`, with overrides merged over them.

    If the trainer changes and no pruner is named, the pruner stays if it still has what it needs, except that learned
    masks are pruned by `learned`. A precision is dropped if the trainer evaluates no population.

    Args:
        table: A plan's tables, all or some.
        overrides: Tables by `PLAN_KEYS`; other keys are ignored. None, for all or for a key, changes nothing.
    """
    given = {key: value for key, value in (overrides or {}).items() if key in PLAN_KEYS and value is not None}
    before = {key: table.get(key, DEFAULTS.get(key)) for key in PLAN_KEYS}
    begun, given = with_own_succession(before, given)
    after = overlay(begun.tables, given)
    after = Overlaid(after.tables, (*begun.said, *after.said))
    after = Overlaid({**after.tables, "task": _to_be_measured(before["task"], after.tables["task"])}, after.said)
    if not is_table(given.get("network")) or "precision" not in given["network"]:
        after = _in_a_precision(after)
    if after.tables["pruner"] is None:
        return Overlaid({**after.tables, "pruner": default_pruner(after.tables["trainer"])}, after.said)
    return after if "pruner" in given else _with_a_pruner(before, after)


def _to_be_measured(before: Any, after: Any) -> Any:
    """A task's table without what was measured of its data, if its data may have changed."""
    if not (is_table(before) and is_table(after)) or after.get("measured") != before.get("measured"):
        return after
    settings = TASKS.get(name_in(after))
    same = ("name", "measured", *(settings.only_training if settings is not None else ()))
    if all(after.get(key) == before.get(key) for key in {*before, *after} - {*same}):
        return after
    return {key: value for key, value in after.items() if key != "measured"}


def fits(trainer: type[TrainerSettings] | None, pruner: type[PrunerSettings] | None) -> bool:
    """Whether a pruner has all it needs after a trainer; assumed for unknown pruners and trainers."""
    if trainer is None or pruner is None:
        return True
    return (trainer.has_sigma or not pruner.needs_sigma) and (trainer.learns_mask or not pruner.takes_learned)


def default_pruner(trainer: Any) -> str:
    """The pruner after a trainer if the spec names none: the best one for what the trainer finds."""
    known = TRAINERS.get(name_in(trainer))
    return "snr" if known is None else known.default_pruner


def name_in(table: Any) -> str:
    """The name in a table, or a bare name itself; empty if there is none."""
    name = table.get("name") if is_table(table) else table
    return name if isinstance(name, str) else ""


def _in_a_precision(after: Overlaid) -> Overlaid:
    """The tables without a precision of a population, if their trainer evaluates none."""
    network, name = after.tables["network"], name_in(after.tables["trainer"])
    trainer = TRAINERS.get(name)
    given = network.get("precision", "float32") if is_table(network) else "float32"
    if given == "float32" or trainer is None or trainer.has_population:
        return after
    said = f"The precision is float32 in place of {given}: {name} evaluates no population."
    network = {key: value for key, value in network.items() if key != "precision"}
    return Overlaid({**after.tables, "network": network}, (*after.said, said))


def _with_a_pruner(before: dict[str, Any], after: Overlaid) -> Overlaid:
    """A pruner that has all it needs after another trainer."""
    names = name_in(before["trainer"]), name_in(after.tables["trainer"])
    old, new = map(TRAINERS.get, names)
    pruner = name_in(after.tables["pruner"])
    if names[0] == names[1] or new is None:
        return after
    begins_to_learn = new.learns_mask and old is not None and not old.learns_mask
    if fits(new, PRUNERS.get(pruner)) and not begins_to_learn:
        return after
    other = new.default_pruner
    if other == pruner:
        return after
    why = "learns a mask" if new.learns_mask else "learns no mask" if pruner == "learned" else "finds no σ"
    said = f"The pruner is {other} in place of {pruner}: {names[1]} {why}."
    return Overlaid({**after.tables, "pruner": other}, (*after.said, said))
