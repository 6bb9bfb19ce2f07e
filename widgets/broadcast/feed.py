"""Follows a session on disk, whoever runs it, and says what has changed for those who look at it.

Only files are read. An engine that ends, dies or comes back is noticed by what it writes; nothing is asked of it.
"""

import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from sessions.store.lock import is_locked
from sessions.views.growing import GrowingJournal, JournalReplaced
from sessions.views.kept_frames import GrowingFrames
from ticket_explorer.errors import TicketError
from widgets.broadcast.news import LiveCharts, News, charts_of, packed_news
from widgets.plots.colours import DARK, LIGHT
from widgets.plots.figure import Figure
from widgets.replay_page.gathering import Gatherer, journal
from widgets.replay_page.page import facts_of
from widgets.replay_page.recording import Branch, Panel, Told, Turn
from widgets.replay_page.thinning import fineness_for

STOPS = 6
"""Places in a round at which its weights are shown: a replay has more, but each costs something in every look."""


class Extra(Protocol):
    """A panel besides those of the session."""

    name: str
    title: str
    help: str

    def draw(self) -> Figure:
        """Its figure now; nothing is shown of an empty one."""
        ...


class Feed:
    """One session as browsers see it; not for several threads at once."""

    def __init__(self, path: Path, extra: Extra | None = None) -> None:
        """Open a session; `look` reads it.

        Args:
            path: The session's directory.
            extra: One more panel, shown first.

        Raises:
            TicketError: if it is not a session, or its header is damaged.
        """
        self._path, self._extra = path, extra
        self._begin()

    def _begin(self) -> None:
        self._journal = GrowingJournal(self._path)
        self._frames = GrowingFrames(self._journal.directory)
        self._charts = LiveCharts()
        self._gatherer = Gatherer(self._path, self._charts)
        self._branches: list[Branch] = []
        self._panels: list[Panel] = []
        self._lines: list[Told] = []
        self._heard = 0
        """How many events of the history are in `lines`."""
        self._seen: tuple[object, ...] = ()
        self._standing = ""
        self._begins = True

    def look(self) -> bytes | None:
        """Read on; the message for those who have everything so far, or None if nothing has changed.

        A session that can't be read any further stays as it was, and says why.
        """
        try:
            trouble = self._read()
        except JournalReplaced:
            self._begin()
            trouble = self._read()
        charts, columns, lines = set(self._charts.charts), set(self._charts.columns), len(self._lines)
        if not (self._gathered(trouble) or self._begins):
            return None
        whole, self._begins = self._begins, False
        return self._message(set(), set(), 0, True) if whole else self._message(charts, columns, lines, False)

    def whole(self) -> bytes:
        """The message for those who have nothing yet."""
        return self._message(set(), set(), 0, True)

    def _read(self) -> str:
        """Read on; why that is impossible, or nothing."""
        try:
            for _ in self._journal.news():
                pass
            self._frames.take(self._journal.view)
        except JournalReplaced:
            raise
        except TicketError as error:
            return str(error)
        return ""

    def _gathered(self, trouble: str) -> bool:
        """Draw what has changed, if anything has."""
        view, extra = self._journal.view, None if self._extra is None else self._extra.draw()
        extra = None if extra is None or extra.is_empty else extra
        self._standing = trouble or self._stands()
        frames = sum(len(one.frames) for branch in view.branches.values() for one in branch.rounds.values())
        shown = None if extra is None else self._charts.number(extra)
        seen = (view.changed, view.generations_done, len(view.history), frames, self._standing, shown)
        if seen == self._seen:
            return False
        self._seen = seen
        planned = sum(max(branch.planned_rounds, len([*view.lineage(name)])) for name, branch in view.branches.items())
        fineness = fineness_for(planned)
        fineness = replace(fineness, stops=min(fineness.stops, STOPS))
        self._branches, self._panels = self._gatherer.gather(view, fineness)
        if shown is not None:
            self._panels = [self._extra_panel(shown), *self._panels]
        self._charts.keep(charts_of(self._panels))
        self._lines += journal(view.history[self._heard :])
        self._heard = len(view.history)
        return True

    def _extra_panel(self, number: int) -> Panel:
        assert self._extra is not None
        turn = Turn(cursor=None, charts=[[[number]] for _ in self._branches])
        told = self._extra
        return Panel(
            name=told.name, title=told.title, help=told.help, shown=True, lights_up=False, picks=False, turns=[turn]
        )

    def _stands(self) -> str:
        view = self._journal.view
        if view.state == "finished":
            return "Finished"
        if not is_locked(self._journal.directory.lock):
            return "Nobody runs it now; this page goes on when somebody does"
        return f"{view.state.capitalize()}, {time.strftime('%H:%M:%S', time.localtime(view.changed))}"

    def _message(self, charts: set[int], columns: set[int], lines: int, is_whole: bool) -> bytes:
        """What has changed since there were these charts, these columns and so many lines."""
        new = {number: chart for number, chart in self._charts.charts.items() if number not in charts}
        numbers = {number: data for number, data in self._charts.columns.items() if number not in columns}
        places, end = {}, 0
        for number, data in numbers.items():
            places[number] = end, len(data) // 4
            end += len(data) // 4
        news = News(
            is_whole=is_whole,
            title=self._journal.header.title or self._path.stem,
            facts=facts_of(self._journal.header, self._journal.view),
            standing=self._standing,
            palette={"dark": [*DARK], "light": [*LIGHT]},
            branches=self._branches,
            panels=self._panels,
            charts=new,
            columns=places,
            gone=(sorted(charts - set(self._charts.charts)), sorted(columns - set(self._charts.columns))),
            journal=self._lines[lines:],
        )
        return packed_news(news, numbers.values())
