"""The screen for a terminal that is too small for anything else."""

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static


class TooSmall(ModalScreen[None]):
    """A sentence; the app removes it when there is room."""

    CSS = """
    TooSmall {
        background: $background;
    }
    TooSmall Static {
        width: 1fr;
        height: 1fr;
        content-align: center middle;
        text-align: center;
    }
    """

    def __init__(self, smallest: tuple[int, int]) -> None:
        super().__init__()
        self._smallest = smallest

    def compose(self) -> ComposeResult:
        """One sentence that names the size the app needs."""
        columns, rows = self._smallest
        yield Static(f"The terminal is too small: make it at least {columns} × {rows}.")
