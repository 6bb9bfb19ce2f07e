"""Differences of two branches at equal density, paired by cell and replicate: they see the same batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sessions.reports.statistics import mean, standard_error
from ticket_explorer.analysis.significance import quantile
from widgets.plots.studies.searches import Search, Setting

PAIRS = (("snr", "magnitude"), ("snr", "random"), ("magnitude", "random"))
"""The pruners that are compared: the first less the second."""


@dataclass(frozen=True)
class Difference:
    """The mean of a difference at one density."""

    density: float
    value: float
    half: float | None
    """Half of its 95% interval, by Student's t; None for one pair."""
    pairs: int


def paired(first: Sequence[Search], second: Sequence[Search]) -> list[Difference]:
    """How much better the first branch's searches are than the second's, from dense to sparse; round 0 is left out."""
    others = {search.cell: search.scores() for search in second}
    found: dict[float, list[float]] = {}
    for search in first:
        other = others.get(search.cell, {})
        for density, scores in search.scores().items():
            pairs = zip(scores, other.get(density, ()), strict=False)
            found.setdefault(density, []).extend(a - b for a, b in pairs if a is not None and b is not None)
    return [
        _difference(density, found[density])
        for density in sorted(found, reverse=True)
        if density < 1 and found[density]
    ]


def of_pruner(setting: Setting, pruner: str) -> list[Search]:
    """A setting's own searches by a pruner, the first branch that has it."""
    names = [search.branch for search in setting.searches if search.pruner == pruner and not search.is_lent]
    return setting.of(names[0]) if names else []


def difference_rows(settings: Sequence[Setting]) -> Iterator[dict[str, Any]]:
    """A row for each setting, pair of pruners and density: task, strategy, difference and its 95% interval."""
    for setting in settings:
        for first, second in PAIRS:
            for one in paired(of_pruner(setting, first), of_pruner(setting, second)):
                yield {
                    "task": setting.task,
                    "strategy": setting.method,
                    "setting": setting.title,
                    "better": first,
                    "than": second,
                    "density": one.density,
                    "difference": one.value,
                    "low": None if one.half is None else one.value - one.half,
                    "high": None if one.half is None else one.value + one.half,
                    "pairs": one.pairs,
                }


def _difference(density: float, values: list[float]) -> Difference:
    error, centre = standard_error(values), mean(values)
    assert centre is not None
    return Difference(density, centre, None if error is None else quantile(len(values) - 1) * error, len(values))
