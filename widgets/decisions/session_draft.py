"""A session being planned: the table of a preset with a person's changes, and its fields."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from msgspec import inspect

from sessions.plans.cost import Estimate, estimate_session
from sessions.specs.overrides import DEFAULTS, FAMILIES, default_pruner, fits
from sessions.specs.sources import anchored
from sessions.specs.spec import Analysis, Plan, Pruning, Spec, Table, parse_spec
from ticket_explorer import presets
from ticket_explorer.own_code import NAME
from ticket_explorer.own_settings import own_settings
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.registry import Settings, summary_of
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES
from ticket_explorer.trainers.strategies.strategy_info import OPTIONS
from ticket_explorer.trainers.succession import dropped, succeed
from widgets.decisions.fields import Field, fields_of, inner_struct, read, value_at, with_value
from widgets.decisions.own_rules import own_summary
from widgets.decisions.session_checks import problems_of

EXPLANATIONS = {
    "title": "shown in the list of sessions",
    "seed": "the first random seed; the same seed gives the same session",
    "replicates": "random seeds run together; they give the error bars",
    "strategy": "the evolution strategy",
    "scope": "weights are ranked all together, or layer by layer",
    "learning_rate": "of the optimizer, at the start of a round",
    "activation": "between any two layers",
}


@dataclass(frozen=True)
class Section:
    """Fields under one heading."""

    title: str
    fields: tuple[Field, ...]
    branch: int | None = None
    """The number of the branch, if they are a branch's."""


class Draft:
    """One preset and a person's changes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.table: Table = _complete(presets.load(name))
        self.remarks = ""
        """The settings dropped by the last change of strategy or trainer; empty if none."""

    def sections(self) -> list[Section]:
        """All fields, in the order of a spec."""
        pruning = fields_of(Pruning, ("pruning",))
        top = [field for field in fields_of(Spec, ()) if field.path not in (("branches",), ("remarks",))]
        found = [Section("Session", _explained(top))]
        for key, title in (("task", "Task"), ("network", "Network"), ("trainer", "Strategy")):
            found.append(Section(title, _explained(self._family(key, (key,)))))
        scores = [field for field in fields_of(Analysis, ("analysis",)) if field.path[-1] == "score_every"]
        found.append(Section("Pruning", _explained([*pruning, *scores])))
        for number in range(len(self.table["branch"])):
            place = ("branch", number)
            name = Field(
                (*place, "name"), inspect.StrType(), explanation="its name in charts and commands", words="text"
            )
            parts = [*self._family("pruner", (*place, "pruner")), *self._family("rewind", (*place, "rewind"))]
            parts += [field for field in fields_of(Plan, place) if field.path[-1] in ("noise_seed", "noise_from")]
            found.append(Section(f"Branch {number + 1}", _explained([name, *parts]), number))
        return [replace(one, fields=tuple(map(self._filled, one.fields))) for one in found]

    def _filled(self, field: Field) -> Field:
        return replace(field, value=self.value(field))

    def value(self, field: Field) -> object:
        """A field's value; its default if it has none and the form can show it."""
        given = value_at(self.table, field.path)
        return field.default if given is None and field.choices else given

    def enter(self, field: Field, text: str) -> None:
        """Set what a person typed or chose."""
        value = read(text, inspect.StrType()) or None if field.choices else read(text, field.kind)
        if field.choices and isinstance(value, str) and set(field.choices) == {"false", "true"}:
            value = value == "true"
        if field.path in (("trainer", "name"), ("trainer", "strategy")):
            self._change_trainer({str(field.path[-1]): value})
            return
        before = value_at(self.table, field.path)
        self.table = with_value(self.table, field.path, value)
        if field.path[-1] == "name" and field.path[-2] in FAMILIES:
            self._rename(field, before)
        elif field.path[-1] == "name" and field.choices and "" in field.choices:  # an optimizer's own parameters
            table = {key: known for key, known in value_at(self.table, field.path[:-1]).items() if key != "parameters"}
            self.table = with_value(self.table, field.path[:-1], table if value else None)

    def _rename(self, field: Field, before: object) -> None:
        """Keep the fields that a table's former algorithm and its new one accept alike."""
        registry, place = FAMILIES[str(field.path[-2])][1], field.path[:-1]
        given = value_at(self.table, place)
        table = _renamed(registry[str(given["name"])], registry.get(str(before)), given)
        lost = {key: value for key, value in given.items() if key not in table}
        self.remarks = dropped(given["name"], str(before), lost) if lost else ""
        self.table = with_value(self.table, place, table)

    def _change_trainer(self, wanted: Table) -> None:
        found = succeed(self.table["trainer"], wanted)
        self.table, self.remarks = {**self.table, "trainer": found.table}, " ".join(found.said)
        self._fit_pruners()

    def _fit_pruners(self) -> None:
        """Give branches whose pruner needs something that the trainer doesn't find the trainer's own pruner."""
        trainer = self.table["trainer"]
        for number, branch in enumerate(self.table["branch"]):
            pruner = value_at(branch, ("pruner", "name"))
            if not fits(TRAINERS.get(trainer["name"]), PRUNERS.get(str(pruner))):
                place = ("branch", number, "pruner")
                self.table = with_value(self.table, place, {"name": default_pruner(trainer)})

    def add_branch(self) -> None:
        """Add a branch like the last one, with a pruner that no branch has yet, if there is one."""
        branches = self.table["branch"]
        used = {value_at(branch, ("pruner", "name")) for branch in branches}
        pruner = next((name for name in FAMILIES["pruner"][1] if name not in used), "magnitude")
        names = {branch["name"] for branch in branches}
        tries = [pruner, *(f"{pruner}-{n}" for n in range(2, len(branches) + 3))]
        name = next(name for name in tries if name not in names)
        new = {**deepcopy(branches[-1]), "name": name, "pruner": {"name": pruner}}
        self.table = {**self.table, "branch": [*branches, new]}

    def remove_branch(self, number: int) -> None:
        """Remove a branch; the last one stays."""
        branches = self.table["branch"]
        if len(branches) > 1:
            self.table = {**self.table, "branch": branches[:number] + branches[number + 1 :]}

    def problems(self) -> dict[str, str]:
        """What is wrong, by the place of the field; the empty place stands for the whole."""
        return problems_of(self.table)

    def cost(self) -> Estimate:
        """What it will cost.

        Raises:
            TicketError: if it isn't known, or the session can't work.
        """
        return estimate_session(parse_spec(self.whole))

    @property
    def whole(self) -> Table:
        """The table as an engine takes it: with the text of files of one's own.

        Raises:
            TicketError: if there is no such file.
        """
        return anchored(self.table, Path.cwd())

    def _family(self, key: str, path: tuple[str | int, ...]) -> Iterator[Field]:
        kind, registry = FAMILIES[key]
        table = value_at(self.table, path) or DEFAULTS.get(key) or default_pruner(self.table["trainer"])
        name = table if isinstance(table, str) else str(table.get("name"))
        if len(registry) > 1:
            summaries = {known: summary_of(settings) for known, settings in registry.items()} | _own(key, name)
            yield Field((*path, "name"), inspect.StrType(), explanation=f"which {kind}", choices=summaries)
        if name in registry:
            hidden = registry[name].filled_in
            fields = [field for field in fields_of(registry[name], path) if field.path[-1] not in hidden]
            if own_settings(key, name):
                fields.sort(key=lambda field: field.path[-1] not in ("place", "id"))
            yield from (
                self._strategy_fields(fields) if (key, name) == ("trainer", "evolution") else self._opened(fields)
            )

    def _opened(self, fields: list[Field]) -> Iterator[Field]:
        """Fields that are tables become the choice of their name, and their fields if one is chosen."""
        for field in fields:
            inner = inner_struct(field.kind)
            parts = list(fields_of(inner, field.path)) if inner else []
            name = next((part for part in parts if part.path[-1] == "name" and part.choices), None)
            if name is None:
                yield field
                continue
            choices = {"": "the default", **(name.choices or {})}
            yield replace(name, default=None, explanation=field.explanation, choices=choices)
            if value_at(self.table, name.path) is not None:
                yield from (part for part in parts if part != name)

    def _strategy_fields(self, fields: list[Field]) -> Iterator[Field]:
        """The fields that the chosen strategy has, the strategy first."""
        info = STRATEGIES.get(str(self.table["trainer"].get("strategy", "snes")))
        summaries = {name: known.summary for name, known in STRATEGIES.items()}
        hidden = set() if info is None else set(OPTIONS) - info.options
        if info is not None and info.optimizer is None:
            hidden.add("optimizer")
        by_name = {str(field.path[-1]): field for field in fields if field.path[-1] not in hidden}
        yield replace(by_name.pop("strategy"), choices=summaries)
        if info is not None:
            choices = {"": f"the strategy's default, {info.shapings[0]}"} | dict.fromkeys(info.shapings, "")
            by_name["fitness_shaping"] = replace(by_name["fitness_shaping"], choices=choices)
        yield from self._opened(list(by_name.values()))


def _complete(table: Table) -> Table:
    """A preset's table in which every branch says how it prunes and rewinds."""
    given: Table = table["trainer"] if "trainer" in table else DEFAULTS["trainer"]
    base = {"pruner": default_pruner(given), "rewind": DEFAULTS["rewind"]}
    base |= {key: table.pop(key) for key in base if key in table}
    branches = table.get("branch") or [{"name": "main"}]
    trainer = {"strategy": "snes", **given} if given["name"] == "evolution" else given
    return {**DEFAULTS, **table, "trainer": trainer, "branch": [{**base, **branch} for branch in branches]}


def _own(key: str, name: str) -> dict[str, str]:
    """The choice of code of one's own, by the name that it has at present."""
    own = name if own_settings(key, name) else NAME
    return {own: own_summary()}


def _explained(fields: Iterator[Field] | list[Field]) -> tuple[Field, ...]:
    return tuple(
        field if field.explanation else replace(field, explanation=EXPLANATIONS.get(str(field.path[-1]), ""))
        for field in fields
    )


def _renamed(settings: type[Settings], old: type[Settings] | None, table: Mapping[str, object]) -> Table:
    """The fields that another algorithm of the family can keep; required ones start at their lowest value."""
    known = {field.path[-1]: field for field in fields_of(settings, ())}
    before = {} if old is None else {field.path[-1]: field.kind for field in fields_of(old, ())}
    kept = {
        key: value
        for key, value in table.items()
        if key == "name" or (key in known and known[key].kind == before.get(key))
    }
    for entry in msgspec.structs.fields(settings):
        kind = known[entry.encode_name].kind
        bare = kind.type if isinstance(kind, inspect.Metadata) else kind
        if entry.required and isinstance(bare, inspect.IntType):
            kept.setdefault(entry.encode_name, bare.ge or 0)
    return kept
