"""The form of a planned session: a row for each field, with errors beside it as a person types."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import AwaitMount, Widget
from textual.widgets import Button, Input, Static

from widgets.decisions.fields import written
from widgets.decisions.session_draft import Draft, Section
from widgets.terminal.dialogs.fields import Choice
from widgets.terminal.screens.new_session_row import FormRow, identity


class FormSection(Vertical):
    """Fields under a heading; a branch can be removed here."""

    def __init__(self, section: Section, draft: Draft) -> None:
        super().__init__()
        self.section, self._draft = section, draft

    def compose(self) -> ComposeResult:
        """The heading above the rows."""
        with Horizontal(classes="heading"):
            yield Static(self.section.title)
            remove = Button("remove", compact=True, classes="remove")
            remove.display = self._can_be_removed
            yield remove
        for field in self.section.fields:
            yield FormRow(field)

    async def show(self, section: Section, draft: Draft) -> None:
        """Show another section; rows of fields that both have stay."""
        self.section, self._draft = section, draft
        self.query_one(".remove").display = self._can_be_removed
        self.query_one(".heading Static", Static).update(section.title)
        rows = {identity(row.field): row for row in self.query(FormRow)}
        above: Widget = self.query_one(".heading")
        mounting: list[AwaitMount] = []
        for field in section.fields:
            row = rows.pop(identity(field), None)
            if row is None:
                row = FormRow(field)
                mounting.append(self.mount(row, after=above))
            else:
                row.show(field)
                self.move_child(row, after=above)
            above = row
        await self.remove_children(rows.values())
        for mount in mounting:
            await mount

    @property
    def _can_be_removed(self) -> bool:
        return self.section.branch is not None and len(self._draft.table["branch"]) > 1


class Form(VerticalScroll):
    """All sections, and a button for another branch."""

    BINDINGS = [
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    @dataclass
    class Changed(Message):
        """The draft has changed."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(can_focus=False)
        self.draft = draft

    def compose(self) -> ComposeResult:
        """The preset's description, and the button; sections come with `show`, so that the screen appears at once."""
        yield Static(id="story")
        yield Button("add a branch", compact=True, id="add")

    @property
    def is_filled(self) -> bool:
        """Whether the form has fields yet."""
        return bool(self.query(FormRow))

    async def show(self, draft: Draft) -> None:
        """Show a draft; fields that both drafts have keep their widgets and the focus."""
        place = self.focused_row.field.place if self.focused_row is not None else ""
        self.draft, sections = draft, draft.sections()
        shown = list(self.query(FormSection))
        with self.app.batch_update():
            await self.remove_children(shown[len(sections) :])
            for old, section in zip(shown, sections, strict=False):
                await old.show(section, draft)
            await self.mount(*(FormSection(section, draft) for section in sections[len(shown) :]), before="#add")
        if place and self.focused_row is None:
            self.focus_on(place)

    def complain(self, problems: dict[str, str]) -> None:
        """Show what is wrong beside each field."""
        for row in self.query(FormRow):
            row.complain(next((said for place, said in problems.items() if row.field.is_about(place)), ""))

    def focus_on(self, place: str) -> None:
        """Go to the field at a place, or to the first field."""
        rows = list(self.query(FormRow))
        chosen = next((row for row in rows if row.field.is_about(place)), rows[0])
        chosen.control.focus()

    @property
    def focused_row(self) -> FormRow | None:
        """The row of the field that has the focus."""
        row = self.screen.focused.parent if self.screen.focused is not None else None
        return row if isinstance(row, FormRow) else None

    def on_input_changed(self, message: Input.Changed) -> None:
        """Take what a person typed."""
        message.stop()
        self._enter(message.input)

    async def on_choice_changed(self, message: Choice.Changed) -> None:
        """Take what a person chose: there may be other fields now."""
        message.stop()
        if self._enter(message.choice):
            await self.show(self.draft)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Go to the next field."""
        message.stop()
        self.screen.focus_next()

    async def on_button_pressed(self, message: Button.Pressed) -> None:
        """Add or remove a branch."""
        message.stop()
        if message.button.id == "add":
            self.draft.add_branch()
            place = f"$.branch[{len(self.draft.table['branch']) - 1}].name"
        else:
            section = next(node for node in message.button.ancestors if isinstance(node, FormSection))
            self.draft.remove_branch(section.section.branch or 0)
            place = f"$.branch[{max((section.section.branch or 0) - 1, 0)}].name"
        await self.show(self.draft)
        self.focus_on(place)
        self.post_message(self.Changed())

    def _enter(self, control: Input | Choice) -> bool:
        row = control.parent
        if not isinstance(row, FormRow) or written(self.draft.value(row.field)) == control.value:
            return False
        self.draft.enter(row.field, control.value)
        self.post_message(self.Changed())
        return True
