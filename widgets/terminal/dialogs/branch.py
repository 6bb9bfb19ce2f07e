"""A new branch: the finished round it begins after, and what it does differently."""

from collections.abc import Iterable
from typing import Any

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from sessions.messages import commands
from sessions.specs.spec import Table
from sessions.views.branch_view import free_name
from ticket_explorer.pruners import PRUNERS
from widgets.decisions.branches import nothing_to_run, objection_to_name
from widgets.decisions.complaints import Complaint, objection, remarks_on
from widgets.decisions.own_rules import is_own, label_of, own_choice
from widgets.decisions.pruning_fields import pruning_fields, typed_pruning
from widgets.decisions.trainer_fields import kind_of, kinds_for, named
from widgets.shared.session_link import Link
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import KEYS, Choice, Closing, Row, complain, field_row
from widgets.terminal.dialogs.own_rows import OwnRows, is_refused
from widgets.terminal.dialogs.pruner import RewindForm
from widgets.terminal.dialogs.undo import ROUNDS_HEAD, RoundList


class BranchDialog(Dialog[commands.Branch | None]):
    """Asks where a branch begins, its name, and what differs."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._link, self._view, self._branch, self._round = link, link.view, branch, round
        self._plan: Table = link.view.branches[branch].plan
        self._ratios: list[Row] = []

    def compose(self) -> ComposeResult:
        """The rounds above the fields."""
        with Vertical(classes="box form") as box:
            box.border_title = "Branch"
            yield Static(Text(f"A new branch begins after this round of {self._branch}:", "dim"))
            yield Static(Text(ROUNDS_HEAD, "dim"))
            yield RoundList(self._view, self._branch, self._round)
            free = Input(free_name(self._branch, [*self._view.branches, *self._view.former_names]), compact=True)
            yield Row("name", free, "of the new branch", "$.branch.name")
            yield Row("pruner", _or_as_before(PRUNERS, self._plan, "pruner"))
            yield OwnRows("pruner", self._plan["pruner"])
            yield RewindForm(self._plan["rewind"], may_stay=True)
            self._ratios = [field_row(field) for field in pruning_fields(self._plan["pruning"])]
            yield from self._ratios
            yield Row("strategy", _or_as_before(kinds_for(self._plan), self._plan, "trainer"))
            yield OwnRows("trainer", self._plan["trainer"])
            yield Closing("Branch")

    def on_mount(self) -> None:
        """Begin with the rounds."""
        self.query_one(RoundList).focus()

    def on_input_changed(self) -> None:
        """Check what a person types."""
        self._check()

    def on_option_list_option_highlighted(self) -> None:
        """Check the round that is chosen."""
        self._check()

    def on_choice_changed(self) -> None:
        """Check what a person chooses."""
        for key in ("pruner", "trainer"):
            self._own(key).display = is_own(key, self.query_one(f"#{key}", Choice).value)
        self._check()

    @work(exclusive=True, group="accept")
    async def action_accept(self) -> None:
        """Return the command, if nothing is wrong."""
        number, overrides = self.query_one(RoundList).number, self._overrides
        if not self._check() or number is None:
            return
        if not await is_refused(self._link, self._branch, overrides, self.query_one(Closing)):
            name = self._row("name").text.strip()
            self.dismiss(commands.Branch(parent=self._branch, round=number, name=name, overrides=overrides))

    @property
    def _overrides(self) -> dict[str, Any]:
        overrides: dict[str, Any] = {}
        pruner, trainer = (self.query_one(f"#{key}", Choice).value for key in ("pruner", "trainer"))
        if pruner:
            overrides["pruner"] = self._own("pruner").table if is_own("pruner", pruner) else pruner
        if rewind := self.query_one(RewindForm).table:
            overrides["rewind"] = rewind["name"] if len(rewind) == 1 else rewind
        if pruning := typed_pruning({row.field: row.text for row in self._ratios}, self._plan["pruning"]):
            overrides["pruning"] = pruning
        if trainer:
            overrides["trainer"] = self._own("trainer").table if is_own("trainer", trainer) else named(trainer)
        return {key: given for key, given in overrides.items() if given is not None}

    def _own(self, key: str) -> OwnRows:
        return self.query_one(f"#own-{key}", OwnRows)

    def _row(self, field: str) -> Row:
        return next(row for row in self.query(Row) if row.field == field)

    def _check(self) -> bool:
        said = self._objection()
        rewind = self.query_one(RewindForm).complain(said)
        own = [self._own(key).complain(said) for key in ("pruner", "trainer")]
        found = any([complain([self._row("name"), *self._ratios], said), rewind, *own])
        if self.query_one(RoundList).number is None:
            said, found = Complaint("", f"Branch {self._branch} has no finished round yet."), False
        remarks = remarks_on(self._plan, self._overrides) if said is None else ""
        self.query_one(Closing).conclude(said, found, remarks)
        return said is None

    def _objection(self) -> Complaint | None:
        if badly_named := objection_to_name(self._row("name").text.strip(), self._view.branches):
            return badly_named
        number = self.query_one(RoundList).number
        return nothing_to_run(self._plan, number, self._overrides) or objection(self._plan, self._overrides)


def _or_as_before(names: Iterable[str], plan: Table, key: str) -> Choice:
    """The choice of a pruner or a trainer, of which the first one leaves it as it is, and the last one is one's own."""
    present = label_of(key, plan[key])
    if key == "trainer" and not is_own(key, plan[key]["name"]):
        present = kind_of(plan[key]) or present
    own = own_choice(key, plan[key])
    return Choice({"": f"as before: {present}", **{name: name for name in names if name not in own}, **own}, "", key)
