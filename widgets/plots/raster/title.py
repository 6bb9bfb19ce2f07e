"""The first row of a drawing: title, legend, and the values under the cursor."""

from dataclasses import dataclass

from widgets.plots.figure import MUTED, Bars, Figure, Line, Picture
from widgets.plots.raster.canvas import TEXT, TITLE, Canvas, one_cell_each, shortened
from widgets.plots.raster.marks import swatch
from widgets.plots.raster.reading import Reading
from widgets.plots.raster.scales import written

_GAP = 3
_NO_VALUE = "–"


@dataclass(frozen=True)
class _Entry:
    """A mark in the legend."""

    swatch: str
    name: str
    colour: int
    value: str

    def width(self, most: int) -> int:
        """Columns, with at most so many for the name."""
        return len(self.swatch) + 1 + min(len(self.name), most) + (len(self.value) + 1 if self.value else 0)


def draw_title(
    canvas: Canvas, figure: Figure, readings: tuple[Reading, ...] | None, are_bars_named: bool = False
) -> None:
    """Write the title, the name of y, and the legend, with its values if there is a cursor.

    Where it is too narrow, the name of y goes first, then names are shortened, then the title goes, then entries.

    Args:
        canvas: What to write on.
        figure: Whose title it is.
        readings: The values at the cursor; None without a cursor.
        are_bars_named: Whether bars have their names below them, so that only the one at the cursor is listed.
    """
    title, y_name = one_cell_each(figure.title), one_cell_each(figure.y.label)
    entries = _entries(figure, readings, are_bars_named)
    has_axes = not any(isinstance(mark, Picture) for mark in figure.marks) and any(map(swatch, figure.marks))
    if y_name.casefold() == title.casefold() or figure.is_empty or not has_axes:
        y_name = ""
    heads = [(title, y_name), (title, ""), (shortened(title, canvas.width // 3), ""), ("", "")]
    for head in heads:
        start = _head_width(*head)
        most = _most(entries, canvas.width - start)
        if most == max((len(entry.name) for entry in entries), default=0) or (most >= 6 and not head[1]):
            break
    if not entries:
        head, start, most = (heads[0] if _head_width(*heads[0]) <= canvas.width else (title, "")), 0, 0
    _write_head(canvas, *head)
    _write_legend(canvas, entries, start, max(most, 1))


def _head_width(title: str, y_name: str) -> int:
    width = len(title) + (len(y_name) + 3 if title and y_name else len(y_name))
    return width + _GAP if width else 0


def _write_head(canvas: Canvas, title: str, y_name: str) -> None:
    title = shortened(title, canvas.width)
    canvas.write(0, 0, title, TITLE)
    if y_name:
        canvas.write(0, len(title), f" · {y_name}" if title else y_name, MUTED)


def _most(entries: list[_Entry], room: int) -> int:
    """The most columns that each name can have so that all fit; 0 if they don't fit at all."""
    most = max((len(entry.name) for entry in entries), default=0)
    while most and sum(entry.width(most) + _GAP for entry in entries) - _GAP > room:
        most -= 1
    return most


def _entries(figure: Figure, readings: tuple[Reading, ...] | None, are_bars_named: bool) -> list[_Entry]:
    entries: dict[tuple[str, str], _Entry] = {}
    values = {reading.mark: written(figure.y, reading.value, 3, steady=True) for reading in readings or ()}
    for number, mark in enumerate(figure.marks):
        name, sign = one_cell_each(mark.name), swatch(mark)
        if not name or not sign or (are_bars_named and isinstance(mark, Bars) and number not in values):
            continue
        value = values.get(number, _NO_VALUE if readings is not None and isinstance(mark, Line) else "")
        entries.setdefault((sign, name), _Entry(sign, name, mark.colour, value))
    return list(entries.values())


def _write_legend(canvas: Canvas, entries: list[_Entry], start: int, most: int) -> None:
    for entry in entries:
        if start + entry.width(most) > canvas.width:
            canvas.write(0, min(max(start - _GAP + 1, 0), canvas.width - 1), "…", MUTED)
            return
        named = f"{entry.swatch} {shortened(entry.name, most)}"
        canvas.write(0, start, named, entry.colour)
        if entry.value:
            canvas.write(0, start + len(named) + 1, entry.value, TEXT)
        start += entry.width(most) + _GAP
