"""A row that says what went wrong, and what to press."""

from textual.widgets import Static


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

    def say(self, text: str) -> None:
        """Show a sentence."""
        self.update(text)
        self.add_class("-said")

    def clear(self) -> None:
        """Remove the sentence and its row."""
        self.remove_class("-said")
