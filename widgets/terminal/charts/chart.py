"""A chart: shows a figure, and reports where the mouse is in it.

The drawing itself is the rasteriser's; the widget keeps the last one, and makes another only when it is asked for
lines and the figure, the size or the cursor has changed.
"""

from dataclasses import dataclass

import numpy as np
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from widgets.plots.figure import Axis, Figure
from widgets.plots.raster import TEXT, Drawing, Reading, draw
from widgets.terminal.charts.palette import Palette, palette_for

_NOTHING = Figure("", Axis(""), Axis(""))


class Chart(Widget, can_focus=True):
    """A figure in the terminal, with a cursor that follows the mouse."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Chart {
        width: 1fr;
        height: 1fr;
    }
    """

    figure: reactive[Figure] = reactive(_NOTHING, always_update=True)
    """The figure that is shown."""
    cursor: reactive[float | None] = reactive[float | None](None)
    """The value of x that is marked; setting it posts no message, so that cursors can be linked."""

    @dataclass
    class CursorMoved(Message):
        """The mouse has moved to another value of x, or has left the chart."""

        chart: "Chart"
        x: float | None

        @property
        def control(self) -> "Chart":
            """The chart that it came from, for Textual's selectors."""
            return self.chart

        def can_replace(self, message: Message) -> bool:
            """Keep only the last place."""
            return isinstance(message, Chart.CursorMoved) and message.chart is self.chart

    @dataclass
    class Clicked(Message):
        """The chart was clicked."""

        chart: "Chart"
        x: float | None
        """The value of x there, None beside the frame."""
        reading: Reading | None
        """The value drawn nearest to the pointer."""

        @property
        def control(self) -> "Chart":
            """The chart that it came from, for Textual's selectors."""
            return self.chart

    def __init__(
        self,
        figure: Figure | None = None,
        *,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._drawn: Drawing | None = None
        self._drawn_with: tuple[int, int, float | None] | None = None
        self._strips: dict[int, Strip] = {}
        self._palette: Palette | None = None
        if figure is not None:
            self.set_reactive(Chart.figure, figure)

    def show(self, figure: Figure) -> None:
        """Show another figure."""
        self.figure = figure

    def read_out(self) -> str:
        """The values at the cursor as text; empty without a cursor."""
        return "" if self.cursor is None or self.figure.is_empty else self.drawing.read_out(self.cursor)

    @property
    def drawing(self) -> Drawing:
        """The figure as it is drawn now."""
        key = (self.size.width, self.size.height, self.cursor)
        if self._drawn is None or self._drawn.figure is not self.figure or self._drawn_with != key:
            self._drawn, self._drawn_with = draw(self.figure, *key), key
            self._strips.clear()
        return self._drawn

    def render_line(self, y: int) -> Strip:
        """One row of the drawing."""
        drawing, palette = self.drawing, self._palette
        if palette is None or y == 0:  # a repaint begins at the top, and finding colours is dear
            palette = self._current_palette()
        if palette != self._palette:
            self._palette = palette
            self._strips.clear()
        if y not in self._strips:
            self._strips[y] = _strip(drawing, y, palette)
        return self._strips[y]

    def _current_palette(self) -> Palette:
        _, _, background, foreground = self.colors
        app = self.app
        return palette_for(background, background + foreground, app.current_theme.dark, app.native_ansi_color)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the cursor to the mouse."""
        self._move(self.drawing.x_at(event.get_content_offset_capture(self).x))

    def on_leave(self, event: events.Leave) -> None:
        """Remove the cursor when the mouse leaves."""
        if event.node is self:
            self._move(None)

    def on_click(self, event: events.Click) -> None:
        """Report what was clicked on."""
        at = event.get_content_offset_capture(self)
        self.post_message(self.Clicked(self, self.drawing.x_at(at.x), self.drawing.nearest(at.x, at.y)))

    def _move(self, x: float | None) -> None:
        if x != self.cursor:
            self.cursor = x
            self.post_message(self.CursorMoved(self, x))


def _strip(drawing: Drawing, y: int, palette: Palette) -> Strip:
    """A row of a drawing in as few segments as it has styles."""
    if not 0 <= y < drawing.glyphs.shape[0]:
        return Strip.blank(drawing.glyphs.shape[1], palette.style(TEXT))
    glyphs = drawing.plain_glyphs[y] if palette.ansi else drawing.glyphs[y]
    looks = np.stack([drawing.colours[y], drawing.strengths[y], drawing.grounds[y]])
    starts = [0, *(np.flatnonzero((looks[:, 1:] != looks[:, :-1]).any(axis=0)) + 1).tolist()]
    text = "".join(map(chr, glyphs.tolist()))
    segments = [
        Segment(text[start:end], palette.style(*looks[:, start].tolist()))
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
        if end > start
    ]
    return Strip(segments, len(text))
