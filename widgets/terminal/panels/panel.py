"""A panel: a frame with one kind of content, which can be swapped for another."""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, replace

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.widget import Widget

from sessions.messages import events
from widgets.plots.kinds import PANELS, Look, PanelKind
from widgets.plots.lens import Deed, without
from widgets.terminal.charts.chart import Chart
from widgets.terminal.panels.journal import JournalPanel
from widgets.terminal.panels.spec import SpecPanel

LEAST = 0.25
"""The least seconds between two drawings of a panel, unless a person asks for one."""

FINENESS = 108
"""Rows of a policy's drawing; a panel shows it in as many as it has."""


class Panel(Vertical):
    """Shows one kind of panel for the current selection."""

    ALLOW_MAXIMIZE = True

    DEFAULT_CSS = """
    Panel {
        border: round $foreground 25%;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        padding: 0 1;
    }
    Panel > * {
        width: 1fr;
        height: 1fr;
    }
    Panel:focus-within {
        border: round $accent;
        border-title-color: $accent;
    }
    """

    @dataclass
    class CursorMoved(Message):
        """The pointer is at another value of a panel's x axis."""

        panel: "Panel"
        x: float | None

    @dataclass
    class Chosen(Message):
        """A picture was chosen, or none."""

        number: int | None

    @dataclass
    class Toggled(Message):
        """Marks of a name are to be hidden, or shown again."""

        name: str

    def __init__(self, kind: str, look: Look) -> None:
        super().__init__()
        self._look = look
        self.kind: PanelKind = PANELS[kind]
        self._is_stale, self.drawn = True, 0.0
        self._titles = Content(), Content()
        self._shown, self._turning = self._content(), asyncio.Lock()

    @property
    def content(self) -> Widget:
        """The chart or the journal."""
        return self._shown

    def compose(self) -> ComposeResult:
        """Show only the content."""
        yield self._shown

    def on_mount(self) -> None:
        """Show the first state."""
        self.renew()

    async def turn_to(self, kind: str) -> None:
        """Show another kind of panel here, and keep the focus."""
        async with self._turning:
            if kind == self.kind.name:
                return
            had_focus = self.has_focus_within
            self.kind = PANELS[kind]
            before, self._shown = self._shown, self._content()
            await before.remove()
            await self.mount(self._shown)
            self.renew()
            if had_focus:
                self.content.focus()

    def touch(self, event: events.Event) -> None:
        """Take note of an event: the panel may be stale now."""
        if self.kind.is_changed_by(event):
            self._is_stale = True

    def is_due(self, now: float) -> bool:
        """Whether it is stale, can be seen, and was not drawn just now."""
        return self._is_stale and now >= self.drawn + LEAST and self.is_on_screen

    def look_elsewhere(self, changed: Collection[str]) -> None:
        """Follow the selection, of which these parts have changed; only draw what they change."""
        if self.kind.depends_on.intersection(changed):
            self.renew()
        elif isinstance(self.content, Chart):
            self.content.cursor = self.kind.place_of(self._look)

    def renew(self) -> None:
        """Draw the current selection."""
        content = self.content
        if not content.is_mounted:  # it is about to be, and is drawn then
            return
        self._is_stale, self.drawn = False, time.monotonic()
        if isinstance(content, Chart) and self.kind.draw is not None:
            figure = without(self.kind.draw(self._look), self._look.hidden)
            content.show(replace(figure, title="", note=figure.note if figure.is_empty else ""))
            content.cursor = self.kind.place_of(self._look)
            words = [content.lens.told(), "" if figure.is_empty else figure.note]
            self._entitle(figure.title, " · ".join(filter(None, words)))
        elif isinstance(content, SpecPanel) and self.kind.rows is not None:
            table = self.kind.rows(self._look)
            self._entitle(table.title, table.note if table.rows else "")
            content.show(table)
        elif isinstance(content, JournalPanel):
            self._entitle(self.kind.title, "")
            content.follow(self._look.view)

    def deal(self, deed: Deed) -> None:
        """Zoom, move, change a scale or smooth, if it shows a chart."""
        if isinstance(self.content, Chart):
            self.content.deal(deed)
            self.renew()

    def on_chart_clicked(self, message: Chart.Clicked) -> None:
        """Choose the picture that was clicked, where pictures can be chosen."""
        if self.kind.has_choices and message.reading is not None:
            message.stop()
            self.post_message(self.Chosen(message.reading.mark))

    def on_key(self, event: Key) -> None:
        """Choose the next picture."""
        if event.key == "enter" and self.kind.has_choices:
            event.stop()
            picked = self._look.gallery.picked
            self.post_message(self.Chosen(0 if picked is None else picked + 1))

    def on_chart_named(self, message: Chart.Named) -> None:
        """Hide what was clicked in the legend, or show it again."""
        message.stop()
        self.post_message(self.Toggled(message.name))

    def mark(self, kind: str | None, x: float | None) -> None:
        """Move the cursor with that of another panel with the same x axis; without one, to the selection."""
        own = self.kind.cursor_in(self._look)
        if isinstance(self.content, Chart) and own is not None and own == kind:
            self.content.cursor = self.kind.place_of(self._look) if x is None else x

    def on_chart_cursor_moved(self, message: Chart.CursorMoved) -> None:
        """Pass the pointer on, for linked cursors."""
        message.stop()
        self.post_message(self.CursorMoved(self, message.x))

    def _content(self) -> Widget:
        if self.kind.rows is not None:
            return SpecPanel()
        return JournalPanel() if self.kind.draw is None else Chart()

    def _entitle(self, title: str, note: str) -> None:
        titles = Content(f"{self.kind.key} {title or self.kind.title}"), Content(note)
        if titles != self._titles:
            self._titles = self.border_title, self.border_subtitle = titles
