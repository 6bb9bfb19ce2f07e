"""A session's metrics as rows, for tables of generations. No JAX is imported here."""

from collections.abc import Iterator
from typing import final

import numpy as np

from sessions.messages.events import METRICS
from sessions.reports.learning import scores_by_generation
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView

Row = dict[str, str | int | float | None]


def metric_rows(view: SessionView) -> Iterator[Row]:
    """A row for every generation of every round and replicate, in order."""
    for branch in view.branches.values():
        for number in sorted(branch.rounds):
            yield from _rows(branch.rounds[number], 0, branch.rounds[number].done)


@final
class SettledRows:
    """The same rows in the order in which they were trained, each once nothing can change it any more.

    A score may follow the last generation that is known, and a learned mask's density is known at its round's end.
    """

    def __init__(self, view: SessionView) -> None:
        self._view = view
        self._told: dict[tuple[str, int], int] = {}

    def of(self, branch: str, number: int) -> Iterator[Row]:
        """The rows of a round that have settled since they were last asked for."""
        round_, told = self._view.branches[branch].rounds[number], self._told.get((branch, number), 0)
        if round_.finished is not None:
            settled = round_.done
        else:
            settled = 0 if self._view.learns_mask(branch) else round_.done - 1
        if settled > told:
            self._told[branch, number] = settled
            yield from _rows(round_, told, settled)


def _rows(round_: RoundView, start: int, end: int) -> Iterator[Row]:
    """Of the generations from `start` on and before `end`."""
    scores = scores_by_generation(round_)
    taken = round_.steps_taken()
    for generation, replicates in enumerate(round_.metrics(start)[: end - start], start):
        for replicate, values in enumerate(replicates):
            numbers = {
                name: float(value) if np.isfinite(value) else None for name, value in zip(METRICS, values, strict=True)
            }
            yield {
                "branch": round_.branch,
                "round": round_.number,
                "density": round_.density,
                "generation": generation,
                "replicate": replicate,
                **numbers,
                "environment_steps": _steps(taken, generation, replicate),
                "score": scores[generation + 1][replicate] if generation + 1 in scores else None,
            }


def _steps(taken: np.ndarray | None, generation: int, replicate: int) -> int | None:
    known = taken is not None and generation < len(taken) and taken[generation, replicate] >= 0
    return int(taken[generation, replicate]) if known and taken is not None else None
