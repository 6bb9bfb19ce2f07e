"""A row that says what went wrong, and what to press."""

from textual.widgets import Static

from sessions.store import SessionDirectory
from sessions.store.holder import holder_sentence
from widgets.shared.session_link import Condition, Link


class Banner(Static):
    """Nothing, until something is said."""

    DEFAULT_CSS = """
    Banner {
        display: none;
        height: auto;
        max-height: 4;
        padding: 0 1;
        background: $error;
        color: $text;
    }
    Banner.-said {
        display: block;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, link: Link) -> None:
        """Say why nothing is heard of the engine, if that is so."""
        if link.silence:
            self.say(holder_sentence(SessionDirectory(link.path).lock, answers=False))
        elif link.condition is Condition.GONE:
            self.say(f"{link.reason}  Press space to start the engine again; nothing finished is lost.")
        else:
            self.clear()

    def say(self, text: str) -> None:
        """Show a sentence."""
        self.update(text)
        self.add_class("-said")

    def clear(self) -> None:
        """Remove the sentence and its row."""
        self.remove_class("-said")
