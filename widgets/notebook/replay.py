"""A recorded session in a cell: the page of a replay, in a frame that reaches neither the notebook nor a network."""

from html import escape
from pathlib import Path

import ipywidgets

from sessions.saved.session import SavedSession
from widgets.replay_page.page import page
from widgets.shared.gallery import Recording


class Replay(ipywidgets.HTML):
    """A finished or running session as it is now, to scrub through; looking at it takes no engine."""

    def __init__(self, session: "SavedSession | Recording | str | Path", *, height: int = 820) -> None:
        """Show a session.

        Args:
            session: A saved session, its path or its name, or a recording of `tx.gallery()`.
            height: Pixels of the frame, which scrolls.

        Raises:
            TicketError: if there is no such session, or nothing is trained in it yet.
        """
        if isinstance(session, Recording):
            session = session.path
        saved = session if isinstance(session, SavedSession) else SavedSession.read(session)
        text = escape(page(saved.path, saved.header, saved.view))
        name = escape(saved.title or saved.name)
        frame = f'<iframe title="{name}" sandbox="allow-scripts" srcdoc="{text}"'
        style = f"width: 100%; height: {int(height)}px; border: 1px solid #8888; border-radius: 6px"
        super().__init__(f'{frame} style="{style}"></iframe>', layout=ipywidgets.Layout(width="100%"))
