"""A new session: a preset, a person's changes, and the cost."""

import asyncio
from contextlib import suppress

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import DescendantFocus
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static

from sessions.plans.cost import Estimate
from sessions.plans.devices import gpu_words
from ticket_explorer import presets
from ticket_explorer.errors import TicketError
from widgets.decisions.session_checks import missing_data
from widgets.decisions.session_draft import Draft
from widgets.terminal.actions import bindings
from widgets.terminal.key_line import KeyLine
from widgets.terminal.screens.handing_over import hand_over
from widgets.terminal.screens.new_session_form import Form
from widgets.terminal.screens.new_session_list import PresetList
from widgets.terminal.screens.new_session_presets import cost_lines, prompt, story

NARROW = 110
"""The least columns that show both list and form; in a narrower terminal they take turns."""
SETTLED = 0.12
"""Seconds that the cursor must rest on a preset before its form is shown."""


class NewSession(Screen[None]):
    """Presets at the left, the form of the chosen one at the right, its cost below."""

    BINDINGS = bindings("new")
    AUTO_FOCUS = "#presets"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-roomy"), (160, "-spacious")]

    def __init__(self) -> None:
        super().__init__()
        self._drafts = {name: Draft(name) for name in presets.names()}
        self._preset = presets.names()[0]
        self._missing: set[str] = set()
        self._gpu: str | None = None
        self._wait: Timer | None = None
        self._showing = asyncio.Lock()

    @property
    def draft(self) -> Draft:
        """The chosen preset with its changes."""
        return self._drafts[self._preset]

    def compose(self) -> ComposeResult:
        """Presets, form, cost, keys."""
        yield Static(
            Text.assemble(("New session", "bold"), ("  a preset, and what you change of it", "dim")), id="title"
        )
        yield Input(placeholder="words; enter keeps them, escape clears them", id="filter", compact=True)
        with Horizontal():
            yield PresetList(self._prompt)
            yield Form(self.draft)
        yield Static(id="about")
        yield Static(id="cost")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the first preset, and look for prepared data and a GPU."""
        self._assess()
        self.call_after_refresh(self._show)
        self._look_around()

    def on_descendant_focus(self, message: DescendantFocus) -> None:
        """Explain the focused field; in a narrow terminal, hide the list behind the form."""
        self.set_class(not self._is_choosing, "-filling-in")
        self._explain()

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """Show a preset's form, once the cursor rests on it."""
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(SETTLED, self._show)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Go on to the form."""
        self._show(fill_in=True)

    def on_form_changed(self) -> None:
        """Show what is wrong, and the current cost."""
        self._assess()

    def action_create(self) -> None:
        """Start the session, and watch it."""
        self._create(run=True)

    def action_create_paused(self) -> None:
        """Create the session, and wait paused."""
        self._create(run=False)

    def action_filter_presets(self) -> None:
        """Ask for the words that presets must match."""
        self.query_one("#filter").add_class("-open").focus()

    @on(Input.Changed, "#filter")
    def _narrow(self, message: Input.Changed) -> None:
        self.query_one(PresetList).narrow(message.value)

    @on(Input.Submitted, "#filter")
    def _narrowed(self) -> None:
        self.query_one(PresetList).focus()

    def action_cancel(self) -> None:
        """Go back from the form to the presets, from some presets to all, and from there to the sessions."""
        words, listed = self.query_one("#filter", Input), self.query_one(PresetList)
        if self._is_choosing and not words.has_class("-open"):
            self.app.pop_screen()
            return
        if self._is_choosing:
            words.value = ""
            words.remove_class("-open")
        listed.focus()

    @property
    def _is_choosing(self) -> bool:
        return self.focused is None or self.focused.id in ("presets", "filter")

    @work(group="show")
    async def _show(self, fill_in: bool = False) -> None:
        form, option = self.query_one(Form), self.query_one(PresetList).highlighted_option
        async with self._showing:
            if option is not None and option.id is not None:
                self._preset = option.id
            if form.draft is not self.draft or not form.is_filled:
                await form.show(self.draft)
                form.scroll_home(animate=False)
                self._assess()
        if fill_in:
            form.focus_on("")

    def _assess(self) -> None:
        problems = self.draft.problems()
        form = self.query_one(Form)
        form.complain(problems)
        if form.query_one("#story", Static).content != (told := self._story()):
            form.query_one("#story", Static).update(told)
        cost = self.query_one("#cost", Static)
        cost.update(self._cost(problems), layout=False)
        cost.set_class(bool(problems), "error")
        self.query_one(PresetList).tell(self._preset)
        self._explain()

    def _explain(self) -> None:
        row = self.query_one(Form).focused_row
        hint = Text("enter fills in the form; ctrl+s starts the session as it is", "dim")
        self.query_one("#about", Static).update(hint if row is None else row.explanation, layout=False)

    def _story(self) -> Text:
        told = Text(story(self._preset), "dim")
        task = str(self.draft.table["task"]["name"])
        if task in self._missing:
            sentence = f"\nIts data are not on this machine yet; prepare them with: ticket-explorer data prepare {task}"
            told.append(sentence, "not dim yellow")
        if self.draft.remarks:
            told.append(f"\n{self.draft.remarks}", "not dim")
        return told

    def _cost(self, problems: dict[str, str]) -> Text:
        if problems:
            place, said = next(iter(problems.items()))
            count = "One value" if len(problems) == 1 else f"{len(problems)} values"
            where = place.removeprefix("$.") or "the whole"
            return Text.assemble((f"✗ {count} can't be used\n", "bold"), f"{where}: {said}")
        try:
            return cost_lines(self.draft.cost(), self._gpu)
        except TicketError as error:
            return Text(str(error), "dim")

    def _prompt(self, name: str) -> Text:
        draft = self._drafts[name]
        cost: Estimate | None = None
        with suppress(TicketError):
            cost = draft.cost()
        return prompt(name, draft.table, cost, str(draft.table["task"]["name"]) in self._missing)

    @work(thread=True, group="data")
    def _look_around(self) -> None:
        from ticket_explorer.tasks import datasets  # NumPy comes with it

        missing, gpu = {one.name for one in datasets.status() if not one.prepared}, gpu_words()
        hand_over(self, self._take_surroundings, missing, gpu)

    def _take_surroundings(self, missing: set[str], gpu: str | None) -> None:
        self._missing, self._gpu = missing, gpu
        if gpu is not None:
            self.query_one(PresetList).take_gpu()
        for name in self._drafts:
            self.query_one(PresetList).tell(name)
        self._assess()

    def _create(self, run: bool) -> None:
        problems = self.draft.problems()
        missing = missing_data(self.draft.table)
        if problems:
            self.notify("Correct what is marked ✗ first.", severity="error")
            self.query_one(Form).focus_on(next(iter(problems)))
        elif missing is not None:
            said = f"The data set {missing} is not on this machine; run: ticket-explorer data prepare {missing}"
            self.notify(said, severity="error", timeout=15, markup=False)
        else:
            self.app.start_session(self.draft.whole, self._preset, run)  # type: ignore[attr-defined]
