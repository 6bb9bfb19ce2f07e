"""What ipywidgets share with charts: they are redrawn when stale, four times a second."""

import asyncio
import time
from collections.abc import Callable
from html import escape

import ipywidgets

from sessions.messages import events
from widgets.notebook.attachment import Attachment

LEAST = 0.25
"""Seconds between two updates of the same widget, unless a person did something."""


class Watch:
    """Calls a function when a session has news for it, but not too often."""

    def __init__(self, attachment: Attachment, show: Callable[[], None], is_live: bool = True) -> None:
        """Begin to watch.

        Args:
            attachment: The session's attachment.
            show: Updates a widget.
            is_live: Whether it shows the running round's progress.
        """
        self._attachment, self._show, self._is_live = attachment, show, is_live
        self._is_stale, self._shown = True, float("-inf")
        show()
        attachment.watch(self)

    def touch(self, event: events.Event) -> None:
        """Take note of an event."""
        if self._is_live or not isinstance(event, events.Generations | events.Frame):
            self._is_stale = True
        if not isinstance(event, events.Generations | events.Frame):
            self._shown = float("-inf")

    def renew(self) -> None:
        """Take note that everything may have changed."""
        self._is_stale, self._shown = True, float("-inf")

    def redraw(self) -> int:
        """Show what is new, or soon."""
        if not self._is_stale:
            return 0
        now = time.monotonic()
        if now < self._shown + LEAST:
            asyncio.get_running_loop().call_later(self._shown + LEAST - now, self._attachment.want_drawing)
            return 0
        self._is_stale, self._shown = False, now
        self._show()
        return 0


def markup(text: str, *classes: str) -> str:
    """A line of text as HTML; whatever a person wrote stays text."""
    return f'<span class="{" ".join(classes)}">{escape(text)}</span>'


def button(label: str, help_: str, clicked: Callable[[], None], icon: str = "", style: str = "") -> ipywidgets.Button:
    """A button as wide as its label."""
    made = ipywidgets.Button(description=label, tooltip=help_, icon=icon, button_style=style)
    made.layout.width = "auto"
    made.on_click(lambda _: clicked())
    return made
