"""Figures made smaller for a page that is mailed: shorter lines, fewer points, no pictures of huge layers.

What is left is true: points are a sample, which the note says; lines keep their extremes.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from widgets.plots.figure import Bars, Figure, Line, Mark, Picture, Points, Values
from widgets.plots.figures.decimation import bucket_size, extremes, highest, lowest

_SPREAD = np.uint32(2654435761)
"""Knuth's multiplier: it spreads neighbouring entries of θ evenly."""


@dataclass(frozen=True)
class Fineness:
    """How much of figures is kept."""

    stops: int = 12
    """Places in a round at which its weights are shown."""
    points: int = 300
    buckets: int = 250
    """Of a line; two values of each are kept."""
    cells: int = 40_000
    """Of a picture; a larger one is left out."""


def fineness_for(rounds: int) -> Fineness:
    """What keeps a page of so many rounds, counted in each branch, below 3 MB with a network like the default's."""
    return Fineness(stops=int(np.clip(600 // max(rounds, 1), 3, 24)))


def thinned(figure: Figure, fineness: Fineness) -> Figure:
    """The figure with no more in it than a page holds."""
    for mark in figure.marks:
        if isinstance(mark, Picture) and mark.values.size > fineness.cells:
            note = f"This layer has {mark.values.size:,} weights, too many for this page; Ticket Explorer shows it."
            return replace(figure, marks=(), note=note)
    marks, told = _fewer_points(figure.marks, fineness.points)
    note = f"{figure.note} {told}".strip() if told else figure.note
    return replace(figure, marks=tuple(_smaller(mark, fineness) for mark in marks), note=note)


def spread(places: list[int], most: int) -> list[int]:
    """Some of the places, evenly chosen, the first and the last among them."""
    if len(places) <= most:
        return places
    chosen = np.unique(np.linspace(0, len(places) - 1, most).round().astype(int))
    return [places[i] for i in chosen]


def _fewer_points(marks: tuple[Mark, ...], most: int) -> tuple[tuple[Mark, ...], str]:
    """A sample of the points: of the same weights wherever these appear, so that they can be followed."""
    clouds = [_ranks(mark) for mark in marks if isinstance(mark, Points)]
    total = sum(ranks.size for ranks in clouds)
    if total <= most:
        return marks, ""
    limit = np.partition(np.concatenate(clouds), most - 1)[most - 1]
    return tuple(_below(mark, limit) if isinstance(mark, Points) else mark for mark in marks), f"{most} are drawn."


def _ranks(points: Points) -> npt.NDArray[np.uint32]:
    entries = np.arange(points.x.size) if points.entries is None else points.entries
    return entries.astype(np.uint32) * _SPREAD


def _below(points: Points, limit: np.uint32) -> Points:
    kept = _ranks(points) <= limit
    entries = None if points.entries is None else points.entries[kept]
    return replace(points, x=points.x[kept], y=points.y[kept], entries=entries)


def _smaller(mark: Mark, fineness: Fineness) -> Mark:
    match mark:
        case Points():
            return replace(mark, x=_four_digits(mark.x), y=_four_digits(mark.y))
        case Bars():
            return replace(mark, edges=_four_digits(mark.edges))
        case Line() if mark.x.size > 2 * fineness.buckets:
            return _shorter(mark, fineness.buckets)
        case _:
            return mark


def _shorter(line: Line, buckets: int) -> Line:
    kept, size = extremes(line.y, buckets), bucket_size(line.y.size, buckets)
    low = None if line.low is None else lowest(line.low, size)[kept]
    high = None if line.high is None else highest(line.high, size)[kept]
    return replace(line, x=line.x[kept], y=line.y[kept], low=low, high=high)


def _four_digits(values: Values) -> Values:
    """Rounded to 14 bits, the digits that a chart reads out; what follows them is zero, which needs no room."""
    bits = values.astype(np.float32).view(np.uint32)
    rounded = np.where(np.isfinite(values), (bits + np.uint32(0x100)) & np.uint32(0xFFFFFE00), bits)
    return rounded.view(np.float32).astype(np.float64)
