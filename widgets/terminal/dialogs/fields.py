"""Form fields in the terminal, a row each: their values, their ranges, and what is wrong as a person types.

Enter always accepts the whole dialog and escape always leaves it, wherever the focus is: lists choose by
moving, choices turn with left and right, and buttons are there for the mouse alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Click
from textual.message import Message
from textual.widgets import Button, Input, Static

from widgets.decisions.complaints import Complaint
from widgets.decisions.fields import Field, written

KEYS: list[BindingType] = [
    Binding("escape", "dismiss(None)", "Cancel"),
    Binding("enter", "accept", "Accept", priority=True),
    Binding("up", "app.focus_previous", show=False),
    Binding("down", "app.focus_next", show=False),
]
"""What all dialogs with fields share; each has its own `action_accept`."""

HEIGHTS = [(0, "-low"), (30, "-high")]
"""The rows from which a dialog has room; its rules are in the app's style sheet."""


class Choice(Static, can_focus=True):
    """A choice in one row: left and right turn it, and so does a click on either half."""

    BINDINGS = [
        Binding("left", "turn(-1)", "Previous", show=False),
        Binding("right,space", "turn(1)", "Next", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Another option was chosen."""

        choice: "Choice"

    def __init__(self, options: Mapping[str, str], value: str, id: str | None = None) -> None:
        """Show one of the options.

        Args:
            options: The texts to show, by their values.
            value: The chosen value; the first one, if there is no such option.
            id: The widget's id, for styles and queries.
        """
        super().__init__(id=id)
        self._options = dict(options)
        names = list(self._options)
        self._position = names.index(value) if value in names else 0

    @property
    def value(self) -> str:
        """The value that is chosen."""
        return list(self._options)[self._position]

    def render(self) -> Text:
        """The chosen option between two arrows that keep their places."""
        width = max(map(len, self._options.values()))
        shown = f" {self._options[self.value]:<{width}} "
        return Text.assemble(("◂", "bold"), shown, ("▸", "bold"), no_wrap=True, overflow="ellipsis")

    def put(self, value: str) -> None:
        """Choose an option without posting a message."""
        if value != self.value:
            self._position = list(self._options).index(value)
            self.refresh()

    def action_turn(self, direction: int) -> None:
        """Choose the next option in a direction."""
        if len(self._options) > 1:
            self._position = (self._position + direction) % len(self._options)
            self.refresh(layout=True)
            self.post_message(self.Changed(self))

    def on_click(self, message: Click) -> None:
        """Go back on the left end, forward elsewhere."""
        self.action_turn(-1 if message.x < 2 else 1)


class Row(Horizontal):
    """A label, a control, and a note."""

    def __init__(self, label: str, control: Input | Choice, note: str = "", place: str = "") -> None:
        """Lay a control out between a label and a note.

        Args:
            label: The text at the left.
            control: The control that a person changes.
            note: The text at the right.
            place: Where errors look for it, `$.trainer.parameters.lr_std`; empty: they never do.
        """
        super().__init__(classes="row")
        self.place = place
        self._label, self._control, self._note = label, control, note

    def compose(self) -> ComposeResult:
        """All in one row."""
        yield Static(Text(self._label), classes="label")
        yield self._control
        note = Static(Text(self._note), classes="note")
        note.display = bool(self._note)
        yield note

    @property
    def field(self) -> str:
        """Its path below its table: `parameters.lr_std`; empty if errors never look for it."""
        return ".".join(self.place.split(".")[2:])

    @property
    def text(self) -> str:
        """The typed or chosen value."""
        return self._control.value

    def explain(self, note: str) -> None:
        """Show another note."""
        self._note = note
        self.complain("")

    def complain(self, error: str) -> None:
        """Show what is wrong; an empty text means nothing is."""
        note = self.query_one(".note", Static)
        note.update(Text(error or self._note))
        note.display = bool(error or self._note)
        note.set_class(bool(error), "error")


class Closing(Horizontal):
    """The last row of a dialog: a complaint or a hint, and buttons for the mouse."""

    def __init__(self, accept: str, hint: str = "enter accepts, escape cancels, tab moves") -> None:
        super().__init__(classes="closing")
        self._accept, self._hint = accept, hint

    def compose(self) -> ComposeResult:
        """The sentence at the left, the buttons at the right."""
        yield Static(Text(self._hint), classes="said")
        for label, action in ((self._accept, "screen.accept"), ("Cancel", "screen.dismiss(None)")):
            button = Button(label, action=action, compact=True)
            button.can_focus = False
            button.set_class(action == "screen.accept", "-accept")
            yield button

    def conclude(self, said: Complaint | None, is_told: bool, remarks: str) -> None:
        """Show the complaint, unless it is shown beside its field; without one, show the remarks.

        Args:
            said: The complaint; None if nothing is wrong.
            is_told: Whether it is shown beside its field.
            remarks: Settings that are dropped; empty if none are.
        """
        if said is None:
            self.say(remarks, is_error=False)
        else:
            self.say("" if is_told else said.whole)

    def say(self, text: str, is_error: bool = True) -> None:
        """Show a sentence in place of the hint; an empty one restores the hint."""
        said = self.query_one(".said", Static)
        said.update(Text(text or self._hint))
        said.set_class(bool(text) and is_error, "error")


def field_row(field: Field, text: str | None = None) -> Row:
    """A row with an input for a field.

    Args:
        field: The field to make the row for.
        text: The text that was typed already; None: the field's value.
    """
    line = Input(written(field.value) if text is None else text, placeholder=field.empty, compact=True)
    return Row(str(field.path[-1]), line, field.words, field.place)


def complain(rows: Iterable[Row], said: Complaint | None) -> bool:
    """Show a complaint beside its field, and clear the others.

    Args:
        rows: The rows that it may belong to.
        said: The complaint; None if nothing is wrong.

    Returns:
        Whether it is shown beside its field, or there is none.
    """
    found = said is None
    for row in rows:
        is_here = said is not None and bool(row.place) and said.concerns(row.place)
        row.complain(said.short if said is not None and is_here else "")
        found = found or is_here
    return found
