"""A chart: shows a figure, and reports where the mouse is in it.

The drawing itself is the rasteriser's; the widget keeps the last one, and makes another only when it is asked for
lines and the figure, the size or the cursor has changed.
"""

from dataclasses import dataclass

import numpy as np
from rich.segment import Segment
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from widgets.plots.figure import Axis, Figure
from widgets.plots.lens import Deed, Lens, done, moved, through
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

    @dataclass
    class Named(Message):
        """A name in the legend was clicked."""

        chart: "Chart"
        name: str

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
        self._drawn_with: tuple[object, ...] | None = None
        self._held: tuple[int, int] | None = None
        """Where the mouse was when it last dragged."""
        self._has_dragged = False
        self.lens = Lens()
        self._strips: dict[int, Strip] = {}
        self._palette: Palette | None = None
        if figure is not None:
            self.set_reactive(Chart.figure, figure)

    def show(self, figure: Figure) -> None:
        """Show another figure; one of other quantities is seen as it is."""
        if (figure.x.label, figure.y.label) != (self.figure.x.label, self.figure.y.label):
            self.lens = Lens()
        self.figure = figure

    def deal(self, deed: Deed) -> None:
        """Zoom, move, change a scale or smooth, about the cursor."""
        scales = (self.drawing.frame.x, self.drawing.frame.y)
        left = 0.5 if self.cursor is None else min(max(scales[0].place(self.cursor), 0.0), 1.0)
        self._look_through(done(self.lens, deed, self.figure, scales, (left, 0.5)))

    def _look_through(self, lens: Lens) -> None:
        self.lens = lens
        self.refresh()

    def read_out(self) -> str:
        """The values at the cursor as text; empty without a cursor."""
        return "" if self.cursor is None or self.figure.is_empty else self.drawing.read_out(self.cursor)

    @property
    def drawing(self) -> Drawing:
        """The figure as it is drawn now."""
        size = (self.size.width, self.size.height, self.cursor)
        key = (id(self.figure), self.lens, *size)
        if self._drawn is None or self._drawn_with != key:
            self._drawn, self._drawn_with = draw(through(self.figure, self.lens), *size), key
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
        """Move the cursor to the mouse, or what is shown with it if a button is held."""
        if self._held is not None and not self.drawing.tiles:
            self._drag(event.get_content_offset_capture(self))
            return
        self._move(self.drawing.x_at(event.get_content_offset_capture(self).x))

    def on_leave(self, event: events.Leave) -> None:
        """Remove the cursor when the mouse leaves."""
        if event.node is self:
            self._move(None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of what is shown."""
        at = event.get_content_offset_capture(self)
        self._held, self._has_dragged = (at.x, at.y), False
        self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go of it."""
        self._held = None
        self.release_mouse()

    def _drag(self, at: Offset) -> None:
        assert self._held is not None
        frame = self.drawing.frame
        by = ((at.x - self._held[0]) / max(frame.width, 1), (self._held[1] - at.y) / max(frame.height, 1))
        if by != (0.0, 0.0):
            self._held, self._has_dragged = (at.x, at.y), True
            self._look_through(moved(self.lens, self.figure, (frame.x, frame.y), by))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in about the pointer; with shift, move to the left."""
        self._roll(event, "pan_left" if event.shift else "zoom_in")

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out about the pointer; with shift, move to the right."""
        self._roll(event, "pan_right" if event.shift else "zoom_out")

    def _roll(self, event: events.MouseEvent, deed: Deed) -> None:
        event.stop()
        drawing, at = self.drawing, event.get_content_offset_capture(self)
        frame = drawing.frame
        if drawing.tiles or not frame.width or not frame.height:
            return
        left, down = (at.x - frame.left) / frame.width, (at.y - frame.top) / frame.height
        around = (min(max(left, 0.0), 1.0), min(max(1 - down, 0.0), 1.0))
        self._look_through(done(self.lens, deed, self.figure, (frame.x, frame.y), around))

    def on_click(self, event: events.Click) -> None:
        """Report what was clicked on; two clicks show everything again."""
        if self._has_dragged:
            return
        at = event.get_content_offset_capture(self)
        if (name := self.drawing.named_at(at.x, at.y)) is not None:
            self.post_message(self.Named(self, name))
            return
        if event.chain == 2:
            self.deal("reset")
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
