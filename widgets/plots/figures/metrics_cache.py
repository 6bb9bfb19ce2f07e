"""Curves of rounds, kept between redraws: only new generations are converted.

A face owns one cache. It holds the curves of the rounds that it drew last: of a running round the full series, of a
finished one only what is drawn.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sessions.messages.events import METRICS
from sessions.views.branch_view import RoundView
from widgets.plots.figure import Values
from widgets.plots.figures.decimation import bucket_size, extremes, highest, lowest

_MEAN, _BEST, _SPREAD = (METRICS.index(name) for name in ("fitness_mean", "fitness_best", "fitness_std"))
_COLUMNS = 4
"""Mean, lower and upper edge of the band, best."""


@dataclass(frozen=True)
class Series:
    """A line ready to draw."""

    x: Values
    """[n], generations done: 1 is the first."""
    y: Values
    """[n]."""


@dataclass(frozen=True)
class FitnessCurves:
    """Fitness of a round, means over replicates, decimated."""

    mean: Series
    low: Values
    """[n], the lower edge of the band around `mean`."""
    high: Values
    """[n]."""
    best: Series
    replicates: int


@dataclass
class _Entry:
    round: RoundView
    count: int = 0
    """How many generations are drawn, and in `rows` unless those were dropped."""
    replicates: int = 1
    rows: Values = field(default_factory=lambda: np.empty((0, _COLUMNS)))
    """[capacity, 4], of which `count` are known."""
    curves: FitnessCurves | None = None


class MetricsCache:
    """The curves of the rounds that were drawn last."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._entries: dict[tuple[str, int], _Entry] = {}

    def fitness(self, round_: RoundView) -> FitnessCurves:
        """The fitness curves of a round, as far as it is known."""
        key = (round_.branch, round_.number)
        entry = self._entries.pop(key, None)
        if entry is None or entry.round is not round_ or round_.done < entry.count:
            entry = _Entry(round_)
        self._entries[key] = entry
        while len(self._entries) > self._size:
            del self._entries[next(iter(self._entries))]
        return _updated(entry)


def _updated(entry: _Entry) -> FitnessCurves:
    if entry.curves is None or entry.round.done > entry.count:
        if entry.count > len(entry.rows):  # a finished round's rows were given up
            entry.count = 0
        _append(entry, entry.round.metrics(entry.count))
        entry.curves = _curves(entry.rows[: entry.count], entry.replicates)
    if entry.round.finished is not None:
        entry.rows = np.empty((0, _COLUMNS))
    return entry.curves


def _append(entry: _Entry, values: npt.NDArray[np.float32]) -> None:
    if not len(values):
        return
    count = entry.count + len(values)
    entry.replicates = values.shape[1]
    if count > len(entry.rows):
        rows = np.empty((max(2 * len(entry.rows), count), _COLUMNS))
        rows[: entry.count] = entry.rows[: entry.count]
        entry.rows = rows
    entry.rows[entry.count : count] = _reduced(values.astype(np.float64))
    entry.count = count


def _reduced(values: npt.NDArray[np.float64]) -> Values:
    """[generations, 4] of metrics [generations, replicates, len(METRICS)]."""
    fitness = values[:, :, _MEAN]
    mean = _mean(fitness)
    half = values[:, 0, _SPREAD] if fitness.shape[1] == 1 else _standard_error(fitness, mean)
    half = np.where(np.isfinite(half), half, 0.0)
    return np.stack([mean, mean - half, mean + half, _mean(values[:, :, _BEST])], axis=1)


def _mean(values: Values) -> Values:
    """[n] of [n, replicates], over those that are finite; NaN where none is."""
    finite = np.isfinite(values)
    count, total = finite.sum(1), np.where(finite, values, 0.0).sum(1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _standard_error(values: Values, mean: Values) -> Values:
    """[n], s/√n over the replicates that are finite; NaN for fewer than two."""
    finite = np.isfinite(values)
    count = finite.sum(1)
    squares = np.where(finite, values - mean[:, None], 0.0) ** 2
    variance = squares.sum(1) / np.maximum(count - 1, 1)
    return np.where(count > 1, np.sqrt(variance / np.maximum(count, 1)), np.nan)


def _curves(rows: Values, replicates: int) -> FitnessCurves:
    mean, low, high, best = rows.T
    size, x = bucket_size(len(rows)), np.arange(1.0, len(rows) + 1)
    kept, kept_best = extremes(mean), extremes(best)
    return FitnessCurves(
        mean=Series(x[kept], mean[kept]),
        low=lowest(low, size)[kept],
        high=highest(high, size)[kept],
        best=Series(x[kept_best], best[kept_best]),
        replicates=replicates,
    )
