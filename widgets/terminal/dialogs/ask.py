"""Small dialogs: a line of text, a number, yes or no."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.validation import Integer
from textual.widgets import Button, Input, Label

from widgets.terminal.dialogs.dialog import Dialog

Trouble = Callable[[str], str]
"""What is wrong with a line, in a sentence; empty if nothing is."""
LONG = 40
"""Characters of all answers together from which on they stand below each other."""


class LineDialog(Dialog[str | None]):
    """Asks for one line."""

    BINDINGS = [("escape", "dismiss(None)", "Cancel")]

    def __init__(self, question: str, value: str, trouble: Trouble) -> None:
        super().__init__(classes="dialog")
        self._question, self._value, self._trouble = question, value, trouble

    def compose(self) -> ComposeResult:
        """The question, a field, and room for what is wrong with what was typed."""
        with Vertical(classes="box"):
            yield Label(self._question, markup=False)
            yield Input(self._value)
            yield Label("", id="line_trouble", markup=False)
            yield Label("enter accepts, escape cancels", classes="hint")

    def on_mount(self) -> None:
        """Nothing is wrong yet."""
        self.query_one("#line_trouble").display = False

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Accept; an empty line is none. What can't be taken stays, with what is wrong with it."""
        given = message.value.strip()
        said = self._trouble(given) if given else ""
        if said:
            label = self.query_one("#line_trouble", Label)
            label.update(said)
            label.display = True
        else:
            self.dismiss(given or None)


class NumberDialog(Dialog[int | None]):
    """Asks for a whole number from 1 on."""

    BINDINGS = [("escape", "dismiss(None)", "Cancel")]

    def __init__(self, question: str, value: int) -> None:
        super().__init__(classes="dialog")
        self._question, self._value = question, value

    def compose(self) -> ComposeResult:
        """The question and a field."""
        with Vertical(classes="box"):
            yield Label(self._question, markup=False)
            yield Input(str(self._value), type="integer", validators=[Integer(minimum=1)])
            yield Label("enter accepts, escape cancels", classes="hint")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Accept what is valid."""
        if message.validation_result is not None and message.validation_result.is_valid:
            self.dismiss(int(message.value))


class ChoiceDialog(Dialog[str | None]):
    """Asks which of a few ways to go."""

    BINDINGS = [("escape", "dismiss(None)", "Cancel")]

    def __init__(self, question: str, choices: dict[str, str]) -> None:
        """Ask a question with a button for each answer.

        Args:
            question: What is asked.
            choices: What each button says, by what is returned; the first has the focus.
        """
        super().__init__(classes="dialog")
        self._question, self._choices = question, choices

    def compose(self) -> ComposeResult:
        """The question and its buttons."""
        with Vertical(classes="box"):
            yield Label(self._question, markup=False)
            is_long = sum(map(len, self._choices.values())) > LONG
            with Vertical(classes="buttons") if is_long else Horizontal(classes="buttons"):
                for name, title in self._choices.items():
                    yield Button(title, id=name, compact=True)
            yield Label("tab moves, enter accepts, escape cancels", classes="hint")

    def on_button_pressed(self, message: Button.Pressed) -> None:
        """Return the choice."""
        self.dismiss(message.button.id)


def line(question: str, value: str, trouble: Trouble = lambda given: "") -> LineDialog:
    """A dialog that returns a line of text, or None; it stays open while `trouble` has a sentence about the line."""
    return LineDialog(question, value, trouble)


def number(question: str, value: int) -> NumberDialog:
    """A dialog that returns a whole number from 1 on, or None."""
    return NumberDialog(question, value)


def choice(question: str, choices: dict[str, str]) -> ChoiceDialog:
    """A dialog that returns one of the choices' names, or None."""
    return ChoiceDialog(question, choices)
