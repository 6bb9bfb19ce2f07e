"""A row of the form for a new session: a field, its value, its range and its meaning, or what is wrong."""

from collections.abc import Hashable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from widgets.decisions.fields import Field, read, written
from widgets.terminal.dialogs.fields import Choice


class FormRow(Horizontal):
    """A field: its name, its value, its range and its meaning, or what is wrong."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self.control: Input | Choice = _control(field)
        self.error = ""
        self._said = self._note

    def compose(self) -> ComposeResult:
        """All in one row."""
        yield Static(Text(self.field.label), classes="label")
        yield self.control
        yield Static(self._said, classes="note")

    def show(self, field: Field) -> None:
        """Set another value; a text that already means this value stays as it was typed."""
        self.field = field
        if isinstance(self.control, Choice):
            self.control.put(written(field.value))
            return
        self.control.placeholder = _placeholder(field)
        if read(self.control.value, field.kind) != field.value:
            self.control.value = written(field.value)
            self.control.cursor_position = 0

    def complain(self, error: str) -> None:
        """Show what is wrong; an empty text means nothing is."""
        is_other, self.error = error != self.error, error
        said = self._note
        if said != self._said:  # drawing is dear, and most rows stay as they are at every key
            self._said = said
            self.query_one(".note", Static).update(said, layout=is_other)
            self.query_one(".note", Static).set_class(bool(error), "error")

    @property
    def explanation(self) -> Text:
        """The field's range and meaning."""
        field, chosen = self.field, (self.field.choices or {}).get(self.control.value, "")
        name = field.place.removeprefix("$.")
        parts = [field.accepts, _meaning(field), chosen]
        if field.choices is None and field.default is not None:
            parts.insert(1, f"{written(field.default)} if nothing is given")
        return Text.assemble((name, "bold"), "  ", "; ".join(filter(None, parts)))

    @property
    def _note(self) -> Text:
        if self.error:
            return Text(f"✗ {self.error}")
        chosen = (self.field.choices or {}).get(self.control.value, "")
        parts = [self.field.interval, chosen or _meaning(self.field)]
        return Text("  ".join(filter(None, parts)))


def identity(field: Field) -> Hashable:
    """A key that is equal for fields that one row can show in turn."""
    return (field.place, None if field.choices is None else tuple(field.choices))


def _control(field: Field) -> Input | Choice:
    if field.choices is not None:
        return Choice({name: name or "default" for name in field.choices}, written(field.value))
    return Input(written(field.value), placeholder=_placeholder(field), compact=True, select_on_focus=False)


def _placeholder(field: Field) -> str:
    return written(field.default) or "default"


def _meaning(field: Field) -> str:
    return field.explanation.replace("None:", "empty:")
