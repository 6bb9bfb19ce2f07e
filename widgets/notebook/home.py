"""The start, `tx.explore()`: open an existing session, or begin a new one from a preset."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from sessions.reports.session_list import Listing
from ticket_explorer.errors import TicketError
from widgets.notebook.explorer import Explorer
from widgets.notebook.live_session import LiveSession
from widgets.notebook.style import STYLE
from widgets.notebook.unexpected import spoken
from widgets.notebook.watching import button, markup
from widgets.shared.preset_list import groups
from widgets.shared.session_table import matching


class Home(ipywidgets.VBox):
    """Asks for a session, and becomes its explorer."""

    def __init__(self, **created: Any) -> None:
        """Offer the existing sessions and the presets.

        Args:
            created: What `LiveSession.create` and `LiveSession.open` take.
        """
        self._created = created
        known, trouble = _sessions()
        self._session = ipywidgets.Dropdown(options=known, description="session", layout=_WIDE)
        listed = [name for group in groups() for name in group.names]  # what needs nothing comes first
        self._preset = ipywidgets.Dropdown(options=listed, description="preset", layout=_WIDE)
        self._rounds = ipywidgets.Text(description="rounds", placeholder="as in the preset", layout=_NARROW)
        self._said = ipywidgets.HTML(trouble)
        rows = [
            ipywidgets.HTML(f"{STYLE}{markup('Start a session, or open one.', 'te-name')}"),
            ipywidgets.HBox(
                [self._preset, self._rounds, button("Begin", "A new session", self._begin, "play", "primary")]
            ),
            ipywidgets.HBox([self._session, button("Open", "Join it", self._open, "folder-open")]),
            self._said,
        ]
        super().__init__(rows if known else [*rows[:2], self._said])

    def _display_(self) -> str:
        return (
            "marimo can't show this form; "
            'write: tx.explore(tx.LiveSession.create("fashion")), or open(...) with a name.'
        )

    def _begin(self) -> None:
        rounds = self._rounds.value.strip()
        settings = {"pruning.rounds": int(rounds) if rounds.isdigit() else rounds} if rounds else {}
        self._become(lambda: LiveSession.create(str(self._preset.value), settings, **self._created))

    def _open(self) -> None:
        self._become(lambda: LiveSession.open(str(self._session.value), **self._created))

    def _become(self, found: Callable[[], LiveSession]) -> None:
        with spoken(self._say):
            self.children = [Explorer(found())]

    def _say(self, sentence: str) -> None:
        self._said.value = _alert(sentence)


def _sessions() -> tuple[list[tuple[str, str]], str]:
    """The sessions that can be opened, with their paths; and why, if they can't be listed."""
    try:
        known = matching(Listing().known(), [])
        return [(f"{one.name}  ({one.state}, {one.rounds_done} rounds)", one.path) for one in known], ""
    except TicketError as error:
        return [], _alert(str(error))


def _alert(sentence: str) -> str:
    return f'<div role="alert">{markup(sentence, "te-alert")}</div>'


def explore(session: LiveSession | str | Path | None = None, **created: Any) -> ipywidgets.Widget:
    """Explore a session in this cell.

    Args:
        session: A live session, or the name or path of one; without it, the cell offers a choice.
        created: What `LiveSession.open` takes.

    Raises:
        TicketError: if there is no such session.
    """
    if session is None:
        return Home(**created)
    return Explorer(session if isinstance(session, LiveSession) else LiveSession.open(session, **created))


_WIDE = ipywidgets.Layout(width="420px")
_NARROW = ipywidgets.Layout(width="220px")
