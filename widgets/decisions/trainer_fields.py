"""How a branch is trained: a strategy of `evolution` or another trainer, its fields now and in a running round."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from sessions.messages.events import METRICS
from sessions.specs.spec import Table
from sessions.views.branch_view import RoundView
from ticket_explorer.errors import TicketError
from ticket_explorer.registry import name_of, summary_of
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control.settings import ControlSettings, can_be_acted_in
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.live_changes import RANGES, check_changes
from ticket_explorer.trainers.settings import Optimizer
from ticket_explorer.trainers.strategies import STRATEGIES, StrategyInfo
from ticket_explorer.trainers.strategies.settings import Evolution
from ticket_explorer.trainers.strategies.strategy_info import find
from ticket_explorer.trainers.succession import succeed
from widgets.decisions.complaints import Complaint, complaint_of
from widgets.decisions.fields import Field, fields_of
from widgets.decisions.own_rules import is_own, own_fields, own_name, own_summary

_ALL_HAVE = ("generations", "population", "std_init", "mean_decay", "weight_decay")
_STD = ("std_decay", "std_limit")
_NUMBER = inspect.FloatType()
_LEARNING_RATE = ("learning_rate", "learning_rate_decay", "learning_rate_limit")


class _Kinds(Mapping[str, str]):
    """Plug-ins' trainers among them are imported when all names are asked for, not before."""

    def __getitem__(self, name: str) -> str:
        if name in STRATEGIES:
            return STRATEGIES[name].summary
        settings = TRAINERS[name]
        if settings is Evolution:
            raise KeyError(name)
        return summary_of(settings)

    def __iter__(self) -> Iterator[str]:
        yield from STRATEGIES
        yield from (name for name, settings in TRAINERS.items() if settings is not Evolution)

    def __len__(self) -> int:
        return len(STRATEGIES) + len(TRAINERS) - 1


TRAINER_KINDS: Mapping[str, str] = _Kinds()
"""Every way to train, by the name a person chooses it by: strategies first, then the other trainers; a line each."""


def kinds_for(plan: Mapping[str, Any]) -> Mapping[str, str]:
    """Those of `TRAINER_KINDS` that can train a plan's task: some need a loss, some need to act."""
    task, present = TASKS.get(plan["task"]["name"]), kind_of(plan["trainer"])

    def fits(kind: str) -> bool:
        trainer = TRAINERS.get(kind)
        if trainer is None or task is None:
            return True
        return can_be_acted_in(task) if trainer.acts else not (trainer.needs_loss and issubclass(task, ControlSettings))

    return {kind: summary for kind, summary in TRAINER_KINDS.items() if fits(kind) or kind == present}


def kinds_with_own(plan: Mapping[str, Any], face: str = "the app") -> Mapping[str, str]:
    """The same, and a trainer of one's own, for forms that have fields for it."""
    return {**kinds_for(plan), own_name("trainer", plan["trainer"]): own_summary(face)}


def kind_of(table: Mapping[str, Any]) -> str:
    """The one of `TRAINER_KINDS` that a trainer's table names; empty if it is unknown here."""
    if table["name"] in TRAINER_KINDS:
        return str(table["name"])
    try:
        return find(STRATEGIES, table.get("strategy", "")).name
    except TicketError:
        return ""


def named(kind: str) -> Table:
    """The override that asks only for a kind; `succeed` decides which of the present settings stay."""
    return {"name": name_of(Evolution), "strategy": kind} if kind in STRATEGIES else {"name": kind}


def whole_table(kind: str, present: Mapping[str, Any]) -> Table:
    """The whole table that results from asking for a kind."""
    given = {key: value for key, value in succeed(present, named(kind)).table.items() if key != "name"}
    if is_own("trainer", kind):
        begun: Table = msgspec.to_builtins(msgspec.convert({**given, "place": "", "source": ""}, TRAINERS[kind]))
        return begun
    settings = Evolution if kind in STRATEGIES else TRAINERS[kind]
    table: Table = msgspec.to_builtins(msgspec.convert(given, settings))
    return table


def settings_fields(kind: str, table: Table) -> list[Field]:
    """The fields that a round begins with."""
    return _strategy_fields(STRATEGIES[kind], table) if kind in STRATEGIES else _trainer_fields(kind, table)


def live_fields(kind: str, running: RoundView) -> list[Field]:
    """The fields that can be tuned in a running round, with their values as far as they are known."""
    trainer = running.plan["trainer"]
    if kind in STRATEGIES:
        return _live_strategy_fields(STRATEGIES[kind], running)
    known = dict(msgspec.convert({k: v for k, v in trainer.items() if k != "name"}, TRAINERS[kind]).tunable)
    for tuned in running.tuned:
        known |= tuned.changes
    return [_live_field(name, value) for name, value in known.items()]


def nested(table: Table, kind: str, changes: Mapping[str, Any]) -> Table:
    """Changed fields as a trainer's table; an optimiser and further parameters are whole tables."""
    changed: Table = {}
    for name, value in changes.items():
        family, dot, field = name.rpartition(".")
        if not dot:
            changed[field] = value
            continue
        default: Any = STRATEGIES[kind].optimizer if family == "optimizer" and kind in STRATEGIES else {}
        inner = changed.setdefault(family, dict(table[family] or msgspec.to_builtins(default)))
        inner[field] = value
        if value is None:
            del inner[field]
    return changed


def refused(kind: str, changes: Mapping[str, Any], fields: Mapping[str, Field]) -> Complaint | None:
    """Why a running round can't be tuned like this; None if it can."""
    for name, value in changes.items():
        if isinstance(value, bool | str | None):
            return Complaint(f"$.trainer.{name}", f"expected {fields[name].words}", fields[name].words)
    try:
        check_changes(kind, changes, fields)
    except TicketError as error:
        return complaint_of(error)
    return None


def _trainer_fields(kind: str, table: Table) -> list[Field]:
    settings, found = TRAINERS[kind], []
    if is_own("trainer", kind):
        return [*own_fields("trainer", table), *fields_of(settings, ("trainer",), table, ("generations",))]
    for field in msgspec.structs.fields(settings):
        if isinstance(field.default, Optimizer):
            found += _optimizer_fields(field.encode_name, table[field.encode_name], ("name", "learning_rate"))
        elif not isinstance(table.get(field.encode_name), list | dict):
            found += fields_of(settings, ("trainer",), table, (field.encode_name,))
    return found


def _strategy_fields(info: StrategyInfo, table: Table) -> list[Field]:
    optimizer = table["optimizer"] or (info.optimizer and msgspec.to_builtins(info.optimizer))
    fields = fields_of(Evolution, ("trainer",), table, (*_ALL_HAVE, *sorted(info.options)))
    if optimizer:
        fields += _optimizer_fields("optimizer", optimizer, ("learning_rate",))
    given, names = table["parameters"], sorted((info.parameters or frozenset()) | set(table["parameters"]))
    return fields + [
        Field(("trainer", "parameters", name), _NUMBER, given.get(name), words="a number") for name in names
    ]


def _optimizer_fields(name: str, table: Table, names: Sequence[str]) -> list[Field]:
    return fields_of(Optimizer, ("trainer", name), table, names)


def _live_strategy_fields(info: StrategyInfo, running: RoundView) -> list[Field]:
    trainer = running.plan["trainer"]
    optimizer = trainer["optimizer"] or (info.optimizer and msgspec.to_builtins(info.optimizer)) or {}
    known = {**trainer, **optimizer, **trainer["parameters"]}
    for tuned in running.tuned:
        known |= tuned.changes
    known["std"] = float(f"{running.metrics()[-1, :, METRICS.index('sigma')].mean():.4g}")
    parameters = {name.removesuffix("_init") for name in info.parameters or () if not name.startswith("use_")}
    names = ["std", *_ALL_HAVE[3:], *(_STD if _STD[0] in info.options else ()), *(_LEARNING_RATE if optimizer else ())]
    return [_live_field(name, known.get(name)) for name in [*names, *sorted(parameters)]]


def _live_field(name: str, value: object) -> Field:
    words = RANGES[name][1] if name in RANGES else "a number"
    return Field(("trainer", name), _NUMBER, value, words=words, empty="as it is")
