"""The journal as text, the latest line last; it can be searched."""

from rich.text import Text
from textual.widgets import RichLog

from sessions.messages import events
from sessions.views.session_view import SessionView
from widgets.shared.wording import clock, first_time, sentence

_STYLES: dict[type[events.Event], str] = {
    events.RoundFinished: "bold",
    events.Remarked: "yellow",
    events.Failed: "bold red",
    events.CommandReceived: "cyan",
    events.CommandRefused: "dim cyan",
}


class JournalPanel(RichLog):
    """What happened, in sentences."""

    DEFAULT_CSS = """
    JournalPanel {
        background: transparent;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self) -> None:
        super().__init__(wrap=True, min_width=1, highlight=False, markup=False)
        self._told = 0
        self._since: float | None = None
        self._view: SessionView | None = None
        self.wanted = ""
        """Only lines that contain this, whatever its case."""

    def follow(self, view: SessionView) -> None:
        """Add what is new in a view; start again with another view."""
        if view is not self._view:
            self._view, self._told = view, 0
            self.clear()
        self._since = first_time(view)
        for event in view.history[self._told :]:
            self._tell(event)
        self._told = len(view.history)

    def search(self, wanted: str) -> None:
        """Show only lines that contain some text."""
        self.wanted = wanted
        if self._view is not None:
            view, self._view = self._view, None
            self.follow(view)

    def _tell(self, event: events.Event) -> None:
        line = sentence(event)
        if line and self.wanted.lower() in line.lower():
            at = clock(event.at, self._since)
            self.write(Text.assemble((f"{at}  ", "dim"), (line, _STYLES.get(type(event), ""))))
