"""Another pruner or rewind, with a preview of what each pruner would remove now."""

import asyncio

import msgspec
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
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
from widgets.decisions.own_rules import is_own, label_of, own_choice, own_name, own_summary
from widgets.shared.session_link import Link
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import HEIGHTS, KEYS, Choice, Closing, Row, complain, field_row
from widgets.terminal.dialogs.own_rows import OwnRows, is_refused

_BAR = 20
_PAUSE = 0.4
"""Seconds after the last key before code of one's own is tried."""
_SETTLED = 0.1
"""Seconds after which a list has its new height."""
_UNKNOWN = "What your own would remove is shown here once you have named it."


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
        options = {rewind: rewind for rewind in REWINDS} | own_choice("rewind", present)
        stay = {"": f"as before: {label_of('rewind', present)}"} if may_stay else {}
        self._choice = Choice(stay | options, "" if may_stay else name)
        self._fields = {
            rewind: fields_of(settings, ("rewind",), present if rewind == name else {})
            for rewind, settings in REWINDS.items()
        }
        self._rows = {rewind: list(map(field_row, fields)) for rewind, fields in self._fields.items()}
        self._own = OwnRows("rewind", present)
        self._present = name

    def compose(self) -> ComposeResult:
        """The choice with its summary, and the rows of every rewind, of which one's are shown."""
        yield Row("rewind", self._choice)
        for rows in self._rows.values():
            yield from rows
        yield self._own

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
        if is_own("rewind", name):
            return self._own.table
        texts = {field.name: row.text for field, row in zip(self._fields[name], self._rows[name], strict=True)}
        return {"name": name, **entered(self._fields[name], texts)}

    def complain(self, said: Complaint | None) -> bool:
        """Show a complaint beside its field; returns whether it has a field here."""
        is_told = self._own.complain(said) if self._own.display else False
        return complain(self._rows.get(self._choice.value, ()), said) or is_told

    def _show(self) -> None:
        name = self._choice.value
        for rewind, rows in self._rows.items():
            for row in rows:
                row.display = rewind == name
        shown = name or self._present
        self._own.display = is_own("rewind", name)
        self.query(Row).first().explain(own_summary() if is_own("rewind", shown) else summary_of(REWINDS[shown]))


class PrunerDialog(Dialog[commands.SwitchPruner | None]):
    """Asks how a branch is pruned and rewound from its next pruning on."""

    BINDINGS = KEYS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._link, self._branch = link, branch
        self._plan = link.view.branches[branch].plan
        self._now: str = self._plan["pruner"]["name"]
        self._own = own_name("pruner", self._plan["pruner"])
        self._names = [*PRUNERS, self._own]
        self._preview: commands.Preview | None = None
        self._waiting = "computing…"
        self._asked: tuple[Table | None, str] = (None, "")
        """The pruner of one's own that was asked about last, and why it can't be used."""

    def compose(self) -> ComposeResult:
        """The pruners, what the highlighted one would remove, and the rewind."""
        with Vertical(classes="box form -wide") as box:
            box.border_title = "Pruner"
            now = label_of("pruner", self._plan["pruner"])
            head = f"Overlap with what {now} would remove from branch {self._branch} now"
            yield Static(Text(head, "dim"), classes="one-line")
            yield OptionList(*map(self._option, self._names), id="pruners", compact=True, markup=False)
            yield OwnRows("pruner", self._plan["pruner"])
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
        """A field of the rewind, or of a pruner of one's own."""
        if self._check():
            self._ask_about_own()

    @work(exclusive=True, group="accept")
    async def action_accept(self) -> None:
        """Return the command, if anything changes and nothing is wrong."""
        overrides = self._overrides
        if self._check() and not await is_refused(self._link, self._branch, overrides, self.query_one(Closing)):
            self.dismiss(commands.SwitchPruner(branch=self._branch, **overrides) if overrides else None)

    @work(exclusive=True, group="preview")
    async def _ask(self, about: Table | None = None) -> None:
        if about is not None:
            await asyncio.sleep(_PAUSE)
        trouble = ""
        try:
            told = await self._link.ask(commands.PreviewPruning(branch=self._branch, pruner=about))
            self._preview = msgspec.convert(told, commands.Preview)
        except TicketError as error:
            trouble = str(error)
            if about is None:
                self._waiting = trouble
        self._asked = (about, trouble)
        self._show()

    def _ask_about_own(self) -> None:
        """Ask what one's own pruner would remove, once it is named and nobody types."""
        table = self.query_one("#own-pruner", OwnRows).table if self._chosen == self._own else None
        if table is not None and table != self._asked[0] and objection(self._plan, {"pruner": table}) is None:
            self._ask(table)

    @property
    def _chosen(self) -> str:
        return self._names[self.query_one(OptionList).highlighted or 0]

    @property
    def _overrides(self) -> dict[str, str | Table]:
        overrides: dict[str, str | Table] = {}
        if self._chosen == self._own:
            table = self.query_one("#own-pruner", OwnRows).table
            overrides |= {} if table is None else {"pruner": table}
        elif self._chosen != self._now:
            overrides["pruner"] = self._chosen
        rewind = self.query_one(RewindForm).table
        if rewind is not None and rewind != self._plan["rewind"]:
            overrides["rewind"] = rewind["name"] if len(rewind) == 1 else rewind
        return overrides

    def _check(self) -> bool:
        said = objection(self._plan, dict(self._overrides))
        found = any([self.query_one(RewindForm).complain(said), self.query_one("#own-pruner", OwnRows).complain(said)])
        self.query_one(Closing).say("" if said is None or found else said.whole)
        return said is None

    def _show(self) -> None:
        pruners = self.query_one(OptionList)
        for position, name in enumerate(self._names):
            pruners.replace_option_prompt_at_index(position, self._option(name).prompt)
        self.query_one("#own-pruner", OwnRows).display = self._chosen == self._own
        if (is_mine := self._chosen == self._own) != self.has_class("-own"):
            self.set_class(is_mine, "-own")
            self.set_timer(_SETTLED, pruners.scroll_to_highlight)
        self.query_one("#layers", Static).update(self._layers())
        self._check()

    def _option(self, name: str) -> Option:
        shown, summary = ("your own", own_summary()) if name == self._own else (name, summary_of(PRUNERS[name]))
        line = Text.assemble(("● " if name == self._now else "○ ", "green"), (f"{shown:<20}", "bold"), no_wrap=True)
        line.append(self._overlap(self._previewed(name))).append("\n  ").append(summary, "dim")
        return Option(line)

    def _previewed(self, name: str) -> str:
        """What a preview calls a choice; empty if it knows nothing of it."""
        if name != self._own:
            return name
        rows, preview = self.query(OwnRows), self._preview
        typed = rows.filter("#own-pruner").first(OwnRows).table if rows else None
        if preview is None or (typed is not None and typed != self._asked[0]):
            return ""
        return (preview.present if self._now == self._own else "") if typed is None else preview.asked

    def _overlap(self, name: str) -> Text:
        preview = self._preview
        if preview is None:
            return Text("…" if self._waiting == "computing…" else "–", "dim")
        now = preview.present or self._now
        if name and name not in preview.pruners:
            return Text("can't be used here", "dim")
        if not name or now not in preview.pruners:
            return Text("–", "dim")
        share = preview.overlap[preview.pruners.index(name)][preview.pruners.index(now)]
        return _bar(share, _BAR).append(f" {100 * share:>4.0f}%")

    def _layers(self) -> Text:
        preview, name = self._preview, self._previewed(self._chosen)
        if self._chosen == self._own and self._asked[1] and self._asked[0] is not None:
            return Text(self._asked[1], "red")
        if preview is None:
            return Text(self._waiting, "dim")
        if name not in preview.layers:
            return Text(f"{name} can't be used with this trainer" if name else _UNKNOWN, "dim")
        told = Text(f"{name} would remove {preview.removed:,} of {preview.kept:,} kept weights:")
        width = max(map(len, preview.layers[name]))
        for leaf, count in preview.layers[name].items():
            share = count / preview.removed if preview.removed else 0.0
            told.append(f"\n  {leaf:<{width}} ").append(_bar(share, _BAR)).append(f" {count:>9,}")
        return told


def _bar(share: float, length: int) -> Text:
    filled = round(length * share)
    return Text.assemble(("━" * filled, "green"), ("━" * (length - filled), "dim"))
