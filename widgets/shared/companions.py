"""Sessions that a face compares its own one with: read from disk, and read on while somebody trains them."""

import time
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path

from sessions.views.growing import GrowingJournal, JournalReplaced
from sessions.views.reading import session_path
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError

EVERY = 2.0
"""Seconds between two looks at their journals."""

Beside = Mapping[str, tuple[SessionView, int | None]]
"""Other sessions with their seeds, by name."""


class Companions:
    """Other sessions, each as its journal tells it by now; no lock is taken, and nothing is asked of their engines.

    Args:
        sessions: Their paths or names.

    Raises:
        TicketError: if there is no such session, or it is damaged.
    """

    def __init__(self, sessions: Iterable[str | Path] = ()) -> None:
        self._journals: dict[str, GrowingJournal] = {}
        self._sizes: dict[str, int] = {}
        self._looked = 0.0
        for session in sessions:
            self.add(session)

    def __contains__(self, session: str | Path) -> bool:
        return session_path(session).stem in self._journals

    @property
    def beside(self) -> Beside:
        """What is known of them; their views go on as their journals do."""
        return {name: (known.view, known.header.spec.get("seed")) for name, known in self._journals.items()}

    def add(self, session: str | Path) -> None:
        """Compare with another session.

        Raises:
            TicketError: if there is no such session, or it is damaged.
        """
        path = session_path(session)
        journal = GrowingJournal(path)
        deque(journal.news(), maxlen=0)
        self._journals[path.stem] = journal

    def remove(self, session: str | Path) -> None:
        """Compare with one no more."""
        self._journals.pop(session_path(session).stem, None)

    def catch_up(self) -> bool:
        """Read what came since, every few seconds; returns whether anything did.

        One that can't be read any more stays as it was.
        """
        if not self._journals or time.monotonic() < self._looked + EVERY:
            return False
        self._looked = time.monotonic()
        return sum(self._read_on(name) for name in [*self._journals]) > 0

    def _read_on(self, name: str) -> bool:
        journal = self._journals[name]
        try:
            size = journal.directory.journal.stat().st_size
            if size == self._sizes.get(name):
                return False
            self._sizes[name] = size
            return len(deque(journal.news(), maxlen=1)) > 0
        except JournalReplaced:
            self.add(journal.directory.path)
            return True
        except (TicketError, OSError):
            return False
