"""Another strategy or trainer, or other hyper-parameters: from the next round on, or in the running one."""

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sessions.messages import commands
from widgets.decisions.fields import written
from widgets.decisions.own_rules import is_own
from widgets.decisions.trainer_draft import WHEN, TrainerDraft, tunable_round
from widgets.decisions.trainer_fields import kind_of, kinds_with_own
from widgets.shared.session_link import Link
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import HEIGHTS, KEYS, Choice, Closing, Row, complain, field_row
from widgets.terminal.dialogs.own_rows import is_refused


class StrategyDialog(Dialog[commands.SwitchTrainer | commands.Tune | None]):
    """Asks how a branch is trained."""

    BINDINGS = KEYS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._link, self._branch, self._plan = link, branch, link.view.branches[branch].plan
        self._now = kind_of(self._plan["trainer"])
        self._live = tunable_round(link.view, branch)
        self._kinds = kinds_with_own(self._plan)
        self._names = list(self._kinds)
        self._typed: dict[str, str] = {}
        self._draft = TrainerDraft(self._plan, self._now)

    def compose(self) -> ComposeResult:
        """When, which, and its fields."""
        times = {when: words for when, words in WHEN.items() if when == "later" or self._live is not None}
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
        """Show the fields of another strategy."""
        await self._show()

    async def on_choice_changed(self) -> None:
        """Show the fields for another time: not everything can be tuned in a running round."""
        strategies, self._typed = self.query_one(OptionList), {}
        strategies.disabled = self._is_now
        self.set_class(self._is_now, "-now")
        if self._is_now and self._live is not None:
            strategies.highlighted = self._names.index(kind_of(self._live.plan["trainer"]))
        await self._show()

    def on_input_changed(self) -> None:
        """Check what a person types; texts stay when the strategy changes."""
        for row in self.query_one("#fields").query(Row):
            if row.text != written(self._draft.fields[row.field].value) or row.field in self._typed:
                self._typed[row.field] = row.text
        self._check()

    @work(exclusive=True, group="accept")
    async def action_accept(self) -> None:
        """Return the command, if anything changes and nothing is wrong."""
        if not self._check():
            return
        overrides = {} if self._is_now or not self._chosen else {"trainer": self._draft.trainer(self._typed)}
        if not await is_refused(self._link, self._branch, overrides, self.query_one(Closing)):
            self.dismiss(self._draft.command(self._branch, self._typed) if self._chosen else None)

    @property
    def _is_now(self) -> bool:
        return self.query_one("#when", Choice).value == "now"

    @property
    def _chosen(self) -> str:
        highlighted = self.query_one(OptionList).highlighted
        return "" if highlighted is None else self._names[highlighted]

    def _check(self) -> bool:
        if not self._chosen:
            return True
        said = self._draft.objection(self._typed)
        found = complain(self.query_one("#fields").query(Row), said)
        remarks = self._draft.remarks(self._typed) if said is None else ""
        self.query_one(Closing).conclude(said, found, remarks)
        return said is None

    async def _show(self) -> None:
        if not self._chosen:
            return
        place = self.query_one("#fields")
        self._draft = TrainerDraft(self._plan, self._chosen, self._live if self._is_now else None)
        await place.remove_children()
        fields = self._draft.fields.values()
        await place.mount_all(field_row(field, self._typed.get(field.name)) for field in fields)
        self.query_one("#summary", Static).update(Text(self._kinds[self._chosen], "dim"))
        self._check()

    def _option(self, name: str) -> Option:
        shown = "your own" if is_own("trainer", name) else name
        return Option(Text.assemble(("● " if name == self._now else "○ ", "green"), shown))
