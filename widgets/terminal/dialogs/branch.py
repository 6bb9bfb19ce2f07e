"""A new branch: the finished round it begins after, and what it does differently."""

from collections.abc import Iterable
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sessions.messages import commands
from sessions.specs.spec import Table
from sessions.views.branch_view import free_name
from ticket_explorer.pruners import PRUNERS
from widgets.decisions.branches import nothing_to_run, objection_to_name
from widgets.decisions.complaints import Complaint, objection, remarks_on
from widgets.decisions.pruning_fields import pruning_fields, typed_pruning
from widgets.decisions.trainer_fields import kind_of, kinds_for, named
from widgets.shared.session_link import Link
from widgets.terminal.dialogs.fields import KEYS, Choice, Closing, Row, complain, field_row
from widgets.terminal.dialogs.pruner import RewindForm
from widgets.terminal.dialogs.undo import ROUNDS_HEAD, RoundList


class BranchDialog(ModalScreen[commands.Branch | None]):
    """Asks where a branch begins, its name, and what differs."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._view, self._branch, self._round = link.view, branch, round
        self._plan: Table = link.view.branches[branch].plan
        self._ratios: list[Row] = []

    def compose(self) -> ComposeResult:
        """The rounds above the fields."""
        trainer = self._plan["trainer"]
        with Vertical(classes="box form") as box:
            box.border_title = "Branch"
            yield Static(Text(f"A new branch begins after this round of {self._branch}:", "dim"))
            yield Static(Text(ROUNDS_HEAD, "dim"))
            yield RoundList(self._view, self._branch, self._round)
            free = Input(free_name(self._branch, [*self._view.branches, *self._view.former_names]), compact=True)
            yield Row("name", free, "of the new branch", "$.branch.name")
            yield Row("pruner", _or_as_before(PRUNERS, self._plan["pruner"]["name"], "pruner"))
            yield RewindForm(self._plan["rewind"], may_stay=True)
            self._ratios = [field_row(field) for field in pruning_fields(self._plan["pruning"])]
            yield from self._ratios
            present = kind_of(trainer) or trainer["name"]
            yield Row("strategy", _or_as_before(kinds_for(self._plan), present, "strategy"))
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
        self._check()

    def action_accept(self) -> None:
        """Return the command, if nothing is wrong."""
        number = self.query_one(RoundList).number
        if self._check() and number is not None:
            name = self._row("name").text.strip()
            self.dismiss(commands.Branch(parent=self._branch, round=number, name=name, overrides=self._overrides))

    @property
    def _overrides(self) -> dict[str, Any]:
        overrides: dict[str, Any] = {}
        if pruner := self.query_one("#pruner", Choice).value:
            overrides["pruner"] = pruner
        if rewind := self.query_one(RewindForm).table:
            overrides["rewind"] = rewind["name"] if len(rewind) == 1 else rewind
        if pruning := typed_pruning({row.field: row.text for row in self._ratios}, self._plan["pruning"]):
            overrides["pruning"] = pruning
        if strategy := self.query_one("#strategy", Choice).value:
            overrides["trainer"] = named(strategy)
        return overrides

    def _row(self, field: str) -> Row:
        return next(row for row in self.query(Row) if row.field == field)

    def _check(self) -> bool:
        said = self._objection()
        rewind = self.query_one(RewindForm).complain(said)
        found = any([complain([self._row("name"), *self._ratios], said), rewind])
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


def _or_as_before(names: Iterable[str], present: str, id: str) -> Choice:
    return Choice({"": f"as before: {present}", **{name: name for name in names}}, "", id)
