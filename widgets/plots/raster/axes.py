"""The axes around a drawing's frame: thin lines, round ticks, names."""

from widgets.plots.figure import MUTED, Axis, Figure
from widgets.plots.raster.canvas import TITLE, Canvas, shortened
from widgets.plots.raster.frame import Frame
from widgets.plots.raster.layout import Layout, placed_ticks
from widgets.plots.raster.scales import written


def draw_axes(canvas: Canvas, figure: Figure, layout: Layout, cursor: float | None) -> None:
    """Draw both axes with their ticks and names around the frame."""
    if not layout.has_axis:
        return
    frame = layout.frame
    _draw_left(canvas, layout)
    bottom = frame.top + frame.height
    canvas.write(bottom, frame.left - 1, "└" + "─" * frame.width, MUTED)
    for tick, start in placed_ticks(figure, layout, canvas.width):
        column = frame.column(tick.value)
        if column is not None:
            canvas.write(bottom, column, "┬", MUTED)
            canvas.write(bottom + 1, start, tick.label, MUTED)
    _draw_cursor_label(canvas, figure.x, frame, cursor)
    if layout.has_footer:
        _draw_footer(canvas, figure, frame)


def _draw_left(canvas: Canvas, layout: Layout) -> None:
    frame = layout.frame
    line = canvas.part(frame.left - 1, frame.top, 1, frame.height)
    line.put(line.is_free(), ord("│"), MUTED)
    taken: set[int] = set()
    for tick in layout.y_ticks:
        row = frame.row(tick.value)
        if row is not None and not taken & {row - 1, row, row + 1}:
            taken.add(row)
            canvas.write(row, frame.left - 1, "┤", MUTED)
            canvas.write(row, frame.left - 2 - len(tick.label), tick.label, MUTED)


def _draw_cursor_label(canvas: Canvas, axis: Axis, frame: Frame, cursor: float | None) -> None:
    """Write the cursor's value of x below it, over the ticks' labels."""
    column = None if cursor is None else frame.column(cursor)
    if cursor is None or column is None:
        return
    label = f" {written(axis, cursor)} "
    start = max(0, min(column - (len(label) - 1) // 2, canvas.width - len(label)))
    row = frame.top + frame.height + 1
    _clear_around(canvas, row, start, start + len(label))
    canvas.write(row, start, label, TITLE)


def _clear_around(canvas: Canvas, row: int, start: int, end: int) -> None:
    """Blank the words that a label would cut."""
    texts = canvas.glyphs[row]
    blank = ord(" ")
    while start > 0 and texts[start - 1] != blank:
        start -= 1
    while end < canvas.width and texts[end] != blank:
        end += 1
    texts[start:end] = blank


def _draw_footer(canvas: Canvas, figure: Figure, frame: Frame) -> None:
    """Write the name of x at the right end of its axis, and the note at the left."""
    row = frame.top + frame.height + 2
    name = shortened(figure.x.label, frame.width)
    start = frame.left + frame.width - len(name)
    canvas.write(row, start, name, MUTED)
    canvas.write(row, frame.left, shortened(figure.note, start - frame.left - 2), MUTED)
