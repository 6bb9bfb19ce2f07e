"""The first rows of a drawing: title, legend, and the values under the cursor.

Names never vanish: the part that all have in common goes first, then the legend takes more rows, then names are
shortened, each as little as possible.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace

from widgets.plots.figure import MUTED, Bars, Figure, Line, Picture
from widgets.plots.raster.canvas import TEXT, TITLE, Canvas, one_cell_each, shortened
from widgets.plots.raster.marks import swatch
from widgets.plots.raster.reading import Reading
from widgets.plots.raster.scales import written

_GAP = 3
_NO_VALUE = "–"
_ROOM_OF_A_VALUE = 6
_HEIGHTS = (9, 13, 20)
"""The heights from which a legend may have two, three and four rows."""
_LEAST_COMMON = 4
_SEPARATORS = ":/-_. "


@dataclass(frozen=True)
class Named:
    """A mark's name in the legend, and where it is, for who clicks on it."""

    name: str
    row: int
    start: int
    end: int


@dataclass(frozen=True)
class _Entry:
    """A mark in the legend."""

    swatch: str
    name: str
    shown: str
    """The name, without what all names have in common if that is left out."""
    colour: int
    value: str
    reserved: int = 0
    """Columns for a value that isn't there yet."""

    def width(self, most: int) -> int:
        """Columns, with at most so many for the name."""
        room = max(len(self.value), self.reserved)
        return len(self.swatch) + 1 + min(len(self.shown), most) + (room + 1 if room else 0)


@dataclass(frozen=True)
class _Plan:
    """What is written: the head, the entries, the most columns of a name, and where each entry is."""

    head: tuple[str, str]
    entries: list[_Entry]
    most: int
    places: list[tuple[int, int]]
    """The row and the column of each entry that there is room for."""

    @property
    def rows(self) -> int:
        return 1 + max((row for row, _ in self.places), default=0)


def title_rows(figure: Figure, width: int, height: int) -> int:
    """How many rows title and legend take, with room for the values at a cursor."""
    if figure.is_empty or any(isinstance(mark, Bars | Picture) for mark in figure.marks):
        return 1
    most = 1 + sum(height >= needed for needed in _HEIGHTS)
    entries = _entries(figure, None, False, _ROOM_OF_A_VALUE if most > 1 else 0)
    return _planned(figure, entries, width, most).rows


def draw_title(
    canvas: Canvas, figure: Figure, readings: tuple[Reading, ...] | None, are_bars_named: bool, rows: int
) -> tuple[Named, ...]:
    """Write the title, the name of y, and the legend, with its values if there is a cursor.

    Args:
        canvas: What to write on.
        figure: Whose title it is.
        readings: The values at the cursor; None without a cursor.
        are_bars_named: Whether bars have their names below them, so that only the one at the cursor is listed.
        rows: How many rows there are.

    Returns:
        Where each mark is named.
    """
    plan = _planned(figure, _entries(figure, readings, are_bars_named), canvas.width, rows)
    _write_head(canvas, *plan.head)
    named = [
        _write_entry(canvas, entry, row, column, plan.most)
        for entry, (row, column) in zip(plan.entries, plan.places, strict=False)
    ]
    if len(named) < len(plan.entries):
        row, start = (named[-1].row, named[-1].end) if named else (0, _head_width(*plan.head))
        canvas.write(row, min(max(start + 1, 0), canvas.width - 1), "…", MUTED)
    return tuple(named)


def _planned(figure: Figure, entries: list[_Entry], width: int, rows: int) -> _Plan:
    title, y_name = one_cell_each(figure.title), _y_name(figure)
    if not entries:
        head = (title, y_name) if _head_width(title, y_name) <= width + _GAP else (title, "")
        return _Plan(head, [], 0, [])
    trimmed = _without_common(entries)
    longest = max(len(entry.shown) for entry in trimmed)
    whole = max(len(entry.shown) for entry in entries)
    short = (shortened(title, width // 3), "")
    tries = [((title, y_name), entries, whole, 1), ((title, ""), entries, whole, 1)]
    tries += [((title, y_name), trimmed, longest, 1), ((title, ""), trimmed, longest, 1)]
    tries += [((title, y_name), trimmed, longest, rows)] if rows > 1 else []
    for head, these, most, allowed in tries:
        if (places := _flowed(these, _head_width(*head), width, most, allowed)) is not None:
            return _Plan(head, these, most, places)
    least = min(5, longest)
    for head, fewest in (((title, ""), least), (short, least), (("", ""), 1)):
        start = _head_width(*head)
        most = bisect_right(
            range(fewest, longest + 1), 0, key=lambda most: _is_too_wide(trimmed, start, width, most, rows)
        )
        if most:
            most += fewest - 1
            return _Plan(head, trimmed, most, _flowed(trimmed, start, width, most, rows) or [])
    return _Plan(("", ""), trimmed, 1, _fitting(trimmed, width, rows))


def _is_too_wide(entries: list[_Entry], start: int, width: int, most: int, rows: int) -> int:
    return int(_flowed(entries, start, width, most, rows) is None)


def _flowed(entries: list[_Entry], start: int, width: int, most: int, rows: int) -> list[tuple[int, int]] | None:
    """Where entries are, row by row; None if they don't fit into so many rows."""
    row = 0
    places: list[tuple[int, int]] = []
    for entry in entries:
        needed = entry.width(most)
        if start + needed > width and start > 0:
            row, start = row + 1, 0
        if needed > width or row >= rows:
            return None
        places.append((row, start))
        start += needed + _GAP
    return places


def _fitting(entries: list[_Entry], width: int, rows: int) -> list[tuple[int, int]]:
    """Where the first entries are, as many as there is room for with names of one letter."""
    fits = [count for count in range(len(entries), 0, -1) if _flowed(entries[:count], 0, width, 1, rows) is not None]
    return (_flowed(entries[: fits[0]], 0, width, 1, rows) or []) if fits else []


def _without_common(entries: list[_Entry]) -> list[_Entry]:
    """The entries without what all names begin and end with, where that is long enough to be worth a …."""
    names = [entry.name for entry in entries]
    if len(names) < 2:
        return entries
    head = _up_to_separator(_shared_start(names))
    tail = _up_to_separator(_shared_start([name[len(head) :][::-1] for name in names]))[::-1]
    if any(len(name) <= len(head) + len(tail) for name in names):
        return entries
    shown = [f"{'…' * bool(head)}{name[len(head) : len(name) - len(tail)]}{'…' * bool(tail)}" for name in names]
    return [replace(entry, shown=text) for entry, text in zip(entries, shown, strict=True)]


def _shared_start(names: list[str]) -> str:
    """The letters that all names begin with."""
    first, last = min(names), max(names)
    return first[: next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def _up_to_separator(common: str) -> str:
    """What names have in common, in whole words; nothing if it is short."""
    whole = common[: 1 + max(common.rfind(separator) for separator in _SEPARATORS)]
    return whole if len(whole) >= _LEAST_COMMON else ""


def _y_name(figure: Figure) -> str:
    """The name of y, unless nothing is measured on it or the title says it."""
    has_axes = not any(isinstance(mark, Picture) for mark in figure.marks) and any(map(swatch, figure.marks))
    is_told = figure.y.label.casefold() == figure.title.casefold()
    return "" if is_told or figure.is_empty or not has_axes else one_cell_each(figure.y.label)


def _head_width(title: str, y_name: str) -> int:
    width = len(title) + (len(y_name) + 3 if title and y_name else len(y_name))
    return width + _GAP if width else 0


def _write_head(canvas: Canvas, title: str, y_name: str) -> None:
    title = shortened(title, canvas.width)
    canvas.write(0, 0, title, TITLE)
    if y_name:
        canvas.write(0, len(title), f" · {y_name}" if title else y_name, MUTED)


def _entries(
    figure: Figure, readings: tuple[Reading, ...] | None, are_bars_named: bool, reserved: int = 0
) -> list[_Entry]:
    entries: dict[tuple[str, str], _Entry] = {}
    values = {reading.mark: written(figure.y, reading.value, 3, steady=True) for reading in readings or ()}
    for number, mark in enumerate(figure.marks):
        name, sign = one_cell_each(mark.name), swatch(mark)
        if not name or not sign or (are_bars_named and isinstance(mark, Bars) and number not in values):
            continue
        value = values.get(number, _NO_VALUE if readings is not None and isinstance(mark, Line) else "")
        room = reserved if isinstance(mark, Line) else 0
        entries.setdefault((sign, name), _Entry(sign, name, name, mark.colour, value, room))
    return list(entries.values())


def _write_entry(canvas: Canvas, entry: _Entry, row: int, start: int, most: int) -> Named:
    text = f"{entry.swatch} {shortened(entry.shown, most)}"
    canvas.write(row, start, text, entry.colour)
    end = start + len(text)
    if entry.value:
        canvas.write(row, end + 1, entry.value, TEXT)
        end += 1 + len(entry.value)
    return Named(entry.name, row, start, end)
