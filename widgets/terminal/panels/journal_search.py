"""The line in which a person types what to search the journal for."""

from textual.widgets import Input

from widgets.plots.kinds import JOURNAL
from widgets.terminal.panels.panel_grid import PanelGrid


class JournalSearch(Input):
    """Hidden until it is opened; searches the journals that are shown as a person types."""

    def __init__(self, grid: PanelGrid) -> None:
        super().__init__(placeholder="search the journal; enter to search, escape to leave", compact=True)
        self._grid = grid

    @property
    def is_open(self) -> bool:
        """Whether it can be typed into."""
        return self.has_class("-open")

    async def open(self) -> None:
        """Be typed into; a journal takes the focused panel's place if none is shown."""
        if not self._grid.journals:
            await self._grid.go_to(JOURNAL)
        self.add_class("-open")
        self.focus()

    def leave(self, forget: bool) -> None:
        """Back to the journal, with what was found or, forgetting it, with all lines."""
        if forget:
            self.value = ""
        self.remove_class("-open")
        for journal in self._grid.journals[:1]:
            journal.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Show only what fits what has been typed so far."""
        message.stop()
        for journal in self._grid.journals:
            journal.search(message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Leave the search as it is."""
        message.stop()
        self.leave(forget=False)
