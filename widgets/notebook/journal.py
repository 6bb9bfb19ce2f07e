"""What happened in a session, in sentences, the latest first."""

from html import escape

import ipywidgets

from widgets.notebook.chart import attached
from widgets.notebook.live_session import LiveSession
from widgets.notebook.style import STYLE
from widgets.notebook.watching import Watch
from widgets.shared.wording import clock, first_time, sentence

MOST = 200
"""Lines that are shown."""


class Journal(ipywidgets.HTML):
    """The journal of a session."""

    def __init__(self, session: LiveSession) -> None:
        self._attachment = attached(session)
        super().__init__()
        self._watch = Watch(self._attachment, self._show, is_live=False)

    def close(self) -> None:
        """Show nothing any more."""
        self._attachment.leave(self._watch)
        super().close()

    def _show(self) -> None:
        since = first_time(self._attachment.view)
        told = ((event.at, sentence(event)) for event in reversed(self._attachment.view.history))
        lines = [f"<div><time>{clock(at, since)}</time>{escape(line)}</div>" for at, line in told if line][:MOST]
        self.value = f'{STYLE}<div class="te-journal" tabindex="0">{"".join(lines)}</div>'
