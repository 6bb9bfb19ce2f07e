"""A session as scalars on one axis: what dashboards draw of each branch and replicate. No JAX is imported here.

The axis counts the generations of a branch from its ancestors' first one on, so that a branch goes on where its parent
stood. Scalars come as events tell them, and depend on nothing but the events: however often one stops and begins
again, they are the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import final

import numpy as np

from sessions.messages import events
from sessions.views.branch_view import RoundView
from sessions.views.growing import rounds_told
from sessions.views.session_view import SessionView

METRIC_TAGS = ("fitness/mean", "fitness/best", "fitness/std", "sigma")
"""What the columns of `events.METRICS` are called here."""


@dataclass(frozen=True)
class Scalars:
    """Numbers of one replicate of a branch at one moment."""

    branch: str
    replicate: int
    step: int
    """Generations done by then, those of earlier rounds and of ancestors included."""
    at: float
    """Seconds since 1970."""
    values: dict[str, float]
    """Finite numbers, by their tags."""


@dataclass(frozen=True)
class RoundBegun:
    """The first generations of a round are known, and with them how many replicates there are."""

    round: RoundView
    step: int
    """Generations done before it."""
    replicates: int


@dataclass
class _Told:
    """What of a round was told."""

    step: int
    done: int = 0
    scored: set[int] = field(default_factory=set)
    """Generations whose score was."""
    finished: bool = False


@final
class ScalarTeller:
    """Tells what each event adds.

    Args:
        view: Has every event that is told.
    """

    def __init__(self, view: SessionView) -> None:
        self._view = view
        self._told: dict[tuple[str, int], _Told] = {}

    def of(self, event: events.Event) -> Iterator[Scalars | RoundBegun]:
        """What an event adds that is in the view already."""
        for branch, number in rounds_told(event):
            round_ = self._view.branches[branch].rounds[number]
            if round_.done == 0:
                continue
            if (told := self._told.get((branch, number))) is None:
                before = sum(one.done for one in self._view.lineage(branch) if one.number < number)
                told = self._told[branch, number] = _Told(before)
                yield RoundBegun(round_, before, round_.metrics(round_.done - 1).shape[1])
            yield from _generations(round_, told, event)
            yield from _scores(round_, told)
            if round_.finished is not None and not told.finished:
                told.finished = True
                prunable = {leaf.name for leaf in self._view.branches[branch].leaves if leaf.prunable}
                yield from _end(round_, told.step, round_.finished, prunable)


def _generations(round_: RoundView, told: _Told, event: events.Event) -> Iterator[Scalars]:
    if told.done == round_.done:
        return
    known = round_.metrics(told.done)
    for at, replicates in zip(_times(round_, event, len(known)), known.tolist(), strict=True):
        told.done += 1
        for replicate, numbers in enumerate(replicates):
            named = zip(METRIC_TAGS, numbers, strict=True)
            yield from _scalars(round_, replicate, told.step + told.done, at, dict(named))


def _scores(round_: RoundView, told: _Told) -> Iterator[Scalars]:
    for scored in round_.scored:
        if scored.generation not in told.scored:
            told.scored.add(scored.generation)
            for replicate, score in enumerate(scored.score):
                yield from _scalars(round_, replicate, told.step + scored.generation, scored.at, {"score": score})


def _end(round_: RoundView, step: int, finished: events.RoundFinished, prunable: set[str]) -> Iterator[Scalars]:
    steps = round_.steps_by(finished.generations)
    for replicate, score in enumerate(finished.score):
        values = {
            "score": score,
            "round": round_.number,
            "density": _density(round_, finished, replicate),
            "environment_steps": None if steps is None else steps[replicate],
            "correlation/pearson": finished.pearson[replicate] if finished.pearson else None,
            "correlation/spearman": finished.spearman[replicate] if finished.spearman else None,
            **{f"density/{name}": leaf.density for name, leaf in finished.leaves.items() if name in prunable},
        }
        yield from _scalars(round_, replicate, step + finished.generations, finished.at, values)


def _density(round_: RoundView, finished: events.RoundFinished, replicate: int) -> float:
    """Of the mask that a replicate's score is measured with."""
    if round_.found_kept is None or not round_.prunable:
        return round_.trained_density
    return finished.kept[replicate] / round_.prunable


def _times(round_: RoundView, event: events.Event, count: int) -> list[float]:
    """When some generations became known: a block's at once, those of an adopted round steadily from its beginning."""
    if isinstance(event, events.BranchAdopted) and round_.finished is not None:
        steady: list[float] = np.linspace(round_.started, round_.finished.at, count + 1)[1:].tolist()
        return steady
    return [event.at] * count


def _scalars(
    round_: RoundView, replicate: int, step: int, at: float, values: Mapping[str, float | None]
) -> Iterator[Scalars]:
    """Those of some values that are numbers; nothing if none is."""
    numbers = {tag: float(value) for tag, value in values.items() if value is not None and isfinite(value)}
    if numbers:
        yield Scalars(round_.branch, replicate, step, at, numbers)
