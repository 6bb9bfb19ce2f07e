"""The line in which a person types what to search the journal for."""

from textual.widgets import Input

from widgets.plots.kinds import JOURNAL
from widgets.terminal.panels.panel_grid import PanelGrid


class JournalSearch(Input):
    """A line, hidden until it is opened, that searches the visible journals as a person types."""

    def __init__(self, grid: PanelGrid) -> None:
        super().__init__(placeholder="search the journal; enter to search, escape to leave", compact=True)
        self._grid = grid

    @property
    def is_open(self) -> bool:
        """Whether it can be typed into."""
        return self.has_class("-open")

    async def open(self) -> None:
        """Open it; if no journal is shown, one takes the focused panel's place."""
        if not self._grid.journals:
            await self._grid.go_to(JOURNAL)
        self.add_class("-open")
        self.focus()

    def leave(self, forget: bool) -> None:
        """Go back to the journal, with the lines that were found or, if `forget`, with all lines."""
        if forget:
            self.value = ""
        self.remove_class("-open")
        for journal in self._grid.journals[:1]:
            journal.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Show only lines that match the text so far."""
        message.stop()
        for journal in self._grid.journals:
            journal.search(message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Leave the line, and keep the search."""
        message.stop()
        self.leave(forget=False)
