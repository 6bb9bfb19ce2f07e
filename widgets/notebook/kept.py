"""The pictures in a saved notebook: behind the live widget, each cell keeps its last state as SVG.

The picture is an output of its own, rewritten when a round ends or the session rests. Front ends that run widgets show
an empty one in its place; the live widget's output stays unchanged, so that a person who types keeps the focus.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import ipywidgets

from sessions.messages import events
from widgets.notebook.attachment import Attachment
from widgets.plots.alt_text import described
from widgets.plots.figure import Figure
from widgets.plots.svg import svg, svg_of_many

WIDGET = "application/vnd.jupyter.widget-view+json"
_RESTS = (events.RoundFinished, events.Paused, events.Finished, events.Failed)


class Kept:
    """The picture of a displayed widget, kept up to date."""

    def __init__(self, widget: ipywidgets.Widget, figures: Callable[[], Sequence[Figure]], attachment: Attachment):
        """Watch a widget; `display` shows it.

        Args:
            widget: The live widget.
            figures: Returns the figures that it shows now.
            attachment: The session that it shows.
        """
        self._widget, self._figures = widget, figures
        self._nothing = ipywidgets.Box(layout=ipywidgets.Layout(display="none"))
        self._place = ""
        self._is_stale = False
        attachment.watch(self)

    def bundle(self) -> dict[str, Any]:
        """The picture for front ends that run no widgets, and an empty widget for those that do."""
        figures = self._figures()
        picture = svg(figures[0]) if len(figures) == 1 else svg_of_many(figures)
        words = "\n".join(described(figure) for figure in figures)
        return {**_view(self._nothing), "image/svg+xml": picture, "text/plain": words}

    def display(self) -> None:
        """Show both here, and update the picture from now on."""
        from IPython.display import display

        self._place = uuid4().hex
        display({**_view(self._widget), "text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]
        display(self.bundle(), raw=True, display_id=self._place)  # type: ignore[no-untyped-call]

    def touch(self, event: events.Event) -> None:
        """Take note that the session rests."""
        self._is_stale = self._is_stale or isinstance(event, _RESTS)

    def renew(self) -> None:
        """Do nothing: only events change the picture."""

    def redraw(self) -> int:
        """Rewrite the picture."""
        if not (self._is_stale and self._place):
            return 0
        self._is_stale = False
        from IPython.display import update_display

        bundle = self.bundle()
        with suppress(RuntimeError):
            update_display(bundle, raw=True, display_id=self._place)  # type: ignore[no-untyped-call]
        return len(bundle["image/svg+xml"])


def _view(widget: ipywidgets.Widget) -> dict[str, Any]:
    return {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}
