"""Another strategy, or other hyper-parameters: from the next round on, or in the running one."""

from collections.abc import Mapping
from typing import Any

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sessions import commands
from sessions.events import METRICS
from sessions.spec import Table
from sessions.view import RoundView
from ticket_explorer.errors import TicketError
from ticket_explorer.trainers.settings import Evolution, Optimizer
from ticket_explorer.trainers.strategies import STRATEGIES, StrategyInfo
from ticket_explorer.trainers.strategies.catalogue import RANGES, check_changes, find
from widgets.link import Link
from widgets.terminal.dialogs.fields import (
    HEIGHTS,
    KEYS,
    Choice,
    Closing,
    Complaint,
    Field,
    Row,
    complain,
    complaint_of,
    field_row,
    fields_of,
    objection,
    shown,
    typed,
)

_ALL_HAVE = ("generations", "population", "std_init", "mean_decay", "weight_decay")
_STD = ("std_decay", "std_limit")
_LEARNING_RATE = ("learning_rate", "learning_rate_decay", "learning_rate_limit")
_WHEN = {"later": "from the next round on", "now": "now, in the running round"}


class StrategyDialog(ModalScreen[commands.SwitchTrainer | commands.Tune | None]):
    """Asks how a branch is trained."""

    BINDINGS = KEYS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._branch, self._plan = branch, link.view.branches[branch].plan
        self._now = _strategy_of(self._plan["trainer"])
        running = link.view.running
        self._live = running if running is not None and running.branch == branch and running.done else None
        self._names = list(STRATEGIES)
        self._typed: dict[str, str] = {}
        self._fields: dict[str, Field] = {}

    def compose(self) -> ComposeResult:
        """When, which, and its fields."""
        times = {when: words for when, words in _WHEN.items() if when == "later" or self._live is not None}
        with Vertical(classes="box form -wide") as box:
            box.border_title = "Strategy"
            yield Row("takes effect", Choice(times, "later", id="when"))
            yield Static(id="summary")
            with Horizontal(id="strategy"):
                yield OptionList(*map(self._option, self._names), id="strategies", compact=True, markup=False)
                yield VerticalScroll(id="fields", can_focus=False)
            yield Closing("Change")

    def on_mount(self) -> None:
        """Begin with the present strategy."""
        strategies = self.query_one(OptionList)
        strategies.highlighted = self._names.index(self._now) if self._now else None
        strategies.focus()

    async def on_option_list_option_highlighted(self) -> None:
        """Another strategy has other fields."""
        await self._show()

    async def on_choice_changed(self) -> None:
        """What can be tuned now is not what a round starts with."""
        strategies, self._typed = self.query_one(OptionList), {}
        strategies.disabled = self._is_now
        self.set_class(self._is_now, "-now")
        if self._is_now and self._live is not None:
            strategies.highlighted = self._names.index(_strategy_of(self._live.plan["trainer"]))
        await self._show()

    def on_input_changed(self) -> None:
        """Check as one types; what was typed stays when the strategy changes."""
        for row in self.query_one("#fields").query(Row):
            if row.text != shown(self._fields[row.field].value) or row.field in self._typed:
                self._typed[row.field] = row.text
        self._check()

    def action_accept(self) -> None:
        """Return the command, if anything changes and all is well."""
        if not self._check():
            return
        changes = self._changes if self._is_now else self._trainer
        if not changes:
            self.dismiss(None)
        elif self._is_now:
            self.dismiss(commands.Tune(changes={name: float(value) for name, value in changes.items()}))
        else:
            self.dismiss(commands.SwitchTrainer(branch=self._branch, trainer=changes))

    @property
    def _is_now(self) -> bool:
        return self.query_one("#when", Choice).value == "now"

    @property
    def _chosen(self) -> str:
        highlighted = self.query_one(OptionList).highlighted
        return "" if highlighted is None else self._names[highlighted]

    @property
    def _base(self) -> Table:
        """The trainer that the fields begin with."""
        present: Table = self._plan["trainer"]
        return present if self._chosen in ("", self._now) else whole_table(self._chosen, present)

    @property
    def _changes(self) -> dict[str, Any]:
        """The fields that are not what they were."""
        texts = {name: text for name, text in self._typed.items() if name in self._fields}
        return {name: typed(text) for name, text in texts.items() if text.strip() != shown(self._fields[name].value)}

    @property
    def _trainer(self) -> Table:
        """What a round begins with, as far as it changes."""
        changes = _nested(self._base, self._chosen, self._changes)
        return changes if self._chosen == self._now else {**self._base, **changes}

    def _check(self) -> bool:
        if not self._chosen:
            return True
        said = _refused(self._chosen, self._changes, self._fields) if self._is_now else self._objection()
        found = complain(self.query_one("#fields").query(Row), "trainer", said)
        self.query_one(Closing).say("" if said is None or found else said.whole)
        return said is None

    def _objection(self) -> Complaint | None:
        return objection(self._plan, {"trainer": self._trainer})

    async def _show(self) -> None:
        if not self._chosen:
            return
        info, place = STRATEGIES[self._chosen], self.query_one("#fields")
        now = self._is_now and self._live is not None
        fields = live_fields(info, self._live) if now and self._live else settings_fields(info, self._base)
        self._fields = {field.name: field for field in fields}
        await place.remove_children()
        await place.mount_all(field_row(field, self._typed.get(field.name)) for field in fields)
        self.query_one("#summary", Static).update(Text(info.summary, "dim"))
        self._check()

    def _option(self, name: str) -> Option:
        return Option(Text.assemble(("● " if name == self._now else "○ ", "green"), name))


def whole_table(strategy: str, present: Mapping[str, Any]) -> Table:
    """A trainer's whole table for another strategy: what both have stays as it is, the rest is the default."""
    info = STRATEGIES[strategy]
    kept = {name: present[name] for name in (*_ALL_HAVE, *_STD) if name in present}
    kept = {name: value for name, value in kept.items() if name not in _STD or name in info.options}
    if info.even_population:
        kept["population"] = kept.get("population", 64) + kept.get("population", 64) % 2
    table: Table = msgspec.to_builtins(Evolution(strategy=strategy, **kept))
    return table


def settings_fields(info: StrategyInfo, table: Table) -> list[Field]:
    """What a round of a strategy begins with."""
    optimizer = table["optimizer"] or (info.optimizer and msgspec.to_builtins(info.optimizer))
    fields = fields_of(Evolution, table, (*_ALL_HAVE, *sorted(info.options)))
    if optimizer:
        rates = fields_of(Optimizer, optimizer, ("learning_rate",))
        fields += [Field(f"optimizer.{field.name}", field.value, field.words) for field in rates]
    names = sorted((info.parameters or frozenset()) | set(table["parameters"]))
    return fields + [Field(f"parameters.{name}", table["parameters"].get(name), "a number") for name in names]


def live_fields(info: StrategyInfo, running: RoundView) -> list[Field]:
    """What can be tuned in a running round, and what it is as far as that is known."""
    trainer = running.plan["trainer"]
    optimizer = trainer["optimizer"] or (info.optimizer and msgspec.to_builtins(info.optimizer)) or {}
    known = {**trainer, **optimizer, **trainer["parameters"]}
    for tuned in running.tuned:
        known |= tuned.changes
    known["std"] = float(f"{running.metrics()[-1, :, METRICS.index('sigma')].mean():.4g}")
    parameters = {name.removesuffix("_init") for name in info.parameters or () if not name.startswith("use_")}
    names = ["std", *_ALL_HAVE[3:], *(_STD if _STD[0] in info.options else ()), *(_LEARNING_RATE if optimizer else ())]
    names += sorted(parameters)
    words = {name: RANGES[name][1] if name in RANGES else "a number" for name in names}
    return [Field(name, known.get(name), words[name], "as it is") for name in names]


def _nested(table: Table, strategy: str, changes: Mapping[str, Any]) -> Table:
    """Changed fields as a trainer's table has them: an optimiser and further parameters are whole tables."""
    nested: Table = {}
    for name, value in changes.items():
        family, dot, field = name.rpartition(".")
        if not dot:
            nested[field] = value
            continue
        default: Any = STRATEGIES[strategy].optimizer if family == "optimizer" else {}
        inner = nested.setdefault(family, dict(table[family] or msgspec.to_builtins(default)))
        inner[field] = value
        if value is None:
            del inner[field]
    return nested


def _refused(strategy: str, changes: Mapping[str, Any], fields: Mapping[str, Field]) -> Complaint | None:
    for name, value in changes.items():
        if isinstance(value, bool | str | None):
            return Complaint(f"$.trainer.{name}", f"expected {fields[name].words}")
    try:
        check_changes(strategy, changes, fields)
    except TicketError as error:
        return complaint_of(error)
    return None


def _strategy_of(table: Mapping[str, Any]) -> str:
    """The name of a trainer's strategy; empty if it has none that is known here."""
    try:
        return find(STRATEGIES, table.get("strategy", "")).name
    except TicketError:
        return ""
