"""Another pruner or rewind, with a preview of what each pruner would remove now."""

import msgspec
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sessions.messages import commands
from sessions.specs.spec import Table
from ticket_explorer.errors import TicketError
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.registry import summary_of
from ticket_explorer.rewinds import REWINDS
from widgets.decisions.complaints import Complaint, objection
from widgets.decisions.fields import entered, fields_of
from widgets.shared.session_link import Link
from widgets.terminal.dialogs.fields import HEIGHTS, KEYS, Choice, Closing, Row, complain, field_row

_BAR = 20


class RewindForm(Vertical):
    """A rewind, and the fields it has."""

    def __init__(self, present: Table, may_stay: bool = False) -> None:
        """Show a rewind as it is, or the choice to leave it.

        Args:
            present: The current rewind, `{"name": "initial"}`.
            may_stay: Whether the first choice changes nothing.
        """
        super().__init__(classes="rewind")
        name = present["name"]
        options = {rewind: rewind for rewind in REWINDS}
        stay = {"": f"as before: {name}"} if may_stay else {}
        self._choice = Choice(stay | options, "" if may_stay else name)
        self._fields = {
            rewind: fields_of(settings, ("rewind",), present if rewind == name else {})
            for rewind, settings in REWINDS.items()
        }
        self._rows = {rewind: list(map(field_row, fields)) for rewind, fields in self._fields.items()}
        self._present = name

    def compose(self) -> ComposeResult:
        """The choice with its summary, and the rows of every rewind, of which one's are shown."""
        yield Row("rewind", self._choice)
        for rows in self._rows.values():
            yield from rows

    def on_mount(self) -> None:
        """Show what belongs to the choice."""
        self._show()

    def on_choice_changed(self) -> None:
        """Show what belongs to the choice; the message goes on to the dialog."""
        self._show()

    @property
    def table(self) -> Table | None:
        """The chosen rewind with its fields; None if it stays as it is."""
        name = self._choice.value
        if not name:
            return None
        texts = {field.name: row.text for field, row in zip(self._fields[name], self._rows[name], strict=True)}
        return {"name": name, **entered(self._fields[name], texts)}

    def complain(self, said: Complaint | None) -> bool:
        """Show a complaint beside its field; returns whether it has a field here."""
        return complain(self._rows.get(self._choice.value, ()), said)

    def _show(self) -> None:
        name = self._choice.value
        for rewind, rows in self._rows.items():
            for row in rows:
                row.display = rewind == name
        self.query(Row).first().explain(summary_of(REWINDS[name or self._present]))


class PrunerDialog(ModalScreen[commands.SwitchPruner | None]):
    """Asks how a branch is pruned and rewound from its next pruning on."""

    BINDINGS = KEYS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._link, self._branch = link, branch
        self._plan = link.view.branches[branch].plan
        self._now: str = self._plan["pruner"]["name"]
        self._names = list(PRUNERS)
        self._preview: commands.Preview | None = None
        self._waiting = "computing…"

    def compose(self) -> ComposeResult:
        """The pruners, what the highlighted one would remove, and the rewind."""
        with Vertical(classes="box form -wide") as box:
            box.border_title = "Pruner"
            head = f"Overlap with what {self._now} would remove from branch {self._branch} now"
            yield Static(Text(head, "dim"), classes="one-line")
            yield OptionList(*map(self._option, self._names), id="pruners", compact=True, markup=False)
            yield Static(id="layers")
            yield RewindForm(self._plan["rewind"])
            yield Closing("Switch")

    def on_mount(self) -> None:
        """Begin with the present pruner, and ask what each would remove."""
        pruners = self.query_one(OptionList)
        pruners.highlighted = self._names.index(self._now) if self._now in self._names else 0
        pruners.focus()
        self._show()
        self._ask()

    def on_option_list_option_highlighted(self) -> None:
        """Show what the pruner under the cursor would remove."""
        self._show()

    def on_choice_changed(self) -> None:
        """Check the rewind that was chosen."""
        self._check()

    def on_input_changed(self) -> None:
        """A field of the rewind."""
        self._check()

    def action_accept(self) -> None:
        """Return the command, if anything changes and nothing is wrong."""
        overrides = self._overrides
        if self._check():
            self.dismiss(commands.SwitchPruner(branch=self._branch, **overrides) if overrides else None)

    @work
    async def _ask(self) -> None:
        try:
            told = await self._link.ask(commands.PreviewPruning(branch=self._branch))
            self._preview = msgspec.convert(told, commands.Preview)
        except TicketError as error:
            self._waiting = str(error)
        self._show()

    @property
    def _chosen(self) -> str:
        return self._names[self.query_one(OptionList).highlighted or 0]

    @property
    def _overrides(self) -> dict[str, str | Table]:
        overrides: dict[str, str | Table] = {}
        if self._chosen != self._now:
            overrides["pruner"] = self._chosen
        rewind = self.query_one(RewindForm).table
        if rewind is not None and rewind != self._plan["rewind"]:
            overrides["rewind"] = rewind["name"] if len(rewind) == 1 else rewind
        return overrides

    def _check(self) -> bool:
        said = objection(self._plan, dict(self._overrides))
        found = self.query_one(RewindForm).complain(said)
        self.query_one(Closing).say("" if said is None or found else said.whole)
        return said is None

    def _show(self) -> None:
        pruners = self.query_one(OptionList)
        for position, name in enumerate(self._names):
            pruners.replace_option_prompt_at_index(position, self._option(name).prompt)
        self.query_one("#layers", Static).update(self._layers())
        self._check()

    def _option(self, name: str) -> Option:
        line = Text.assemble(("● " if name == self._now else "○ ", "green"), (f"{name:<20}", "bold"), no_wrap=True)
        line.append(self._overlap(name)).append("\n  ").append(summary_of(PRUNERS[name]), "dim")
        return Option(line)

    def _overlap(self, name: str) -> Text:
        preview = self._preview
        if preview is None:
            return Text("…" if self._waiting == "computing…" else "–", "dim")
        if name not in preview.pruners:
            return Text("can't be used here", "dim")
        if self._now not in preview.pruners:
            return Text("–", "dim")
        share = preview.overlap[preview.pruners.index(name)][preview.pruners.index(self._now)]
        return _bar(share, _BAR).append(f" {100 * share:>4.0f}%")

    def _layers(self) -> Text:
        preview, name = self._preview, self._chosen
        if preview is None or name not in preview.layers:
            return Text(self._waiting if preview is None else f"{name} can't be used with this trainer", "dim")
        told = Text(f"{name} would remove {preview.removed:,} of {preview.kept:,} kept weights:")
        width = max(map(len, preview.layers[name]))
        for leaf, count in preview.layers[name].items():
            share = count / preview.removed if preview.removed else 0.0
            told.append(f"\n  {leaf:<{width}} ").append(_bar(share, _BAR)).append(f" {count:>9,}")
        return told


def _bar(share: float, length: int) -> Text:
    filled = round(length * share)
    return Text.assemble(("━" * filled, "green"), ("━" * (length - filled), "dim"))
