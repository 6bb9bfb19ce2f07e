"""A figure on its way to the browser: a small head of words, and columns of float32.

Only what changed since the last time is sent: a line that grew sends its new end.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from widgets.plots.alt_text import described
from widgets.plots.figure import Axis, Bars, Figure, Line, Mark, Picture, Points, Rule

Column = npt.NDArray[np.float32] | npt.NDArray[np.int32]


@dataclass(frozen=True)
class Encoded:
    """A figure in the form that the browser gets."""

    head: dict[str, Any]
    """Words, axes and marks; becomes JSON."""
    columns: dict[str, Column]
    """By mark and field: `0.x`."""

    @property
    def size(self) -> int:
        """Bytes of its columns."""
        return sum(column.nbytes for column in self.columns.values())


def encoded(figure: Figure, cursor: float | None = None) -> Encoded:
    """A figure in words and columns.

    Args:
        figure: What is shown.
        cursor: The cursor's place on the x axis; None if there is none.
    """
    columns: dict[str, Column] = {}
    for number, mark in enumerate(figure.marks):
        columns |= {f"{number}.{name}": column for name, column in _columns(mark).items()}
    head = {
        "title": figure.title,
        "note": figure.note,
        "empty": figure.is_empty,
        "alt": described(figure),
        "x": _axis(figure.x),
        "y": _axis(figure.y),
        "cursor": cursor,
        "marks": [_words(mark) for mark in figure.marks],
    }
    return Encoded(head, columns)


def patched(before: Encoded | None, after: Encoded) -> dict[str, Any]:
    """The patch for a browser that has `before`, or nothing: for each column where it starts, its length, and bytes."""
    known = {} if before is None else before.columns
    changed = {}
    for key, column in after.columns.items():
        start = _first_difference(known.get(key), column)
        if key not in known or start < column.size or known[key].size != column.size:
            changed[key] = [start, column.size, column[start:].tobytes()]
    return {"head": after.head, "columns": changed}


def _first_difference(before: Column | None, after: Column) -> int:
    if before is None:
        return 0
    shared = min(before.size, after.size)
    differs = before[:shared].view(np.int32) != after[:shared].view(np.int32)
    return int(differs.argmax()) if differs.any() else shared


def _axis(axis: Axis) -> dict[str, Any]:
    limits = None if axis.limits is None else list(axis.limits)
    return {
        "label": axis.label,
        "scale": axis.scale,
        "reverse": axis.reverse,
        "percent": axis.percent,
        "limits": limits,
    }


def _columns(mark: Mark) -> dict[str, Column]:
    match mark:
        case Line():
            found: dict[str, Any] = {"x": mark.x, "y": mark.y, "low": mark.low, "high": mark.high}
        case Points():
            found = {"x": mark.x, "y": mark.y}
        case Bars():
            found = {"edges": mark.edges, "heights": mark.heights}
        case Picture():
            found = {"values": mark.values.ravel()}
        case Rule():
            found = {}
    columns: dict[str, Column] = {
        name: np.ascontiguousarray(values, "<f4") for name, values in found.items() if values is not None
    }
    if isinstance(mark, Points) and mark.entries is not None:
        columns["entries"] = np.ascontiguousarray(mark.entries, "<i4")
    return columns


def _words(mark: Mark) -> dict[str, Any]:
    words: dict[str, Any] = {"kind": type(mark).__name__.lower(), "name": mark.name, "colour": mark.colour}
    match mark:
        case Line():
            words |= {"markers": mark.markers, "faint": mark.faint}
        case Points():
            words |= {"entries": mark.entries is not None, "marked": mark.marked}
        case Rule():
            words |= {"value": mark.value, "across": mark.across}
        case Picture():
            words |= {"rows": mark.values.shape[0], "columns": mark.values.shape[1]}
        case Bars():
            pass
    return words
