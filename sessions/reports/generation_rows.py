"""A session's metrics as rows, for tables of generations. No JAX is imported here."""

from collections.abc import Iterator

import numpy as np

from sessions.messages.events import METRICS
from sessions.reports.learning import learning_curve
from sessions.views.session_view import SessionView

Row = dict[str, str | int | float | None]


def metric_rows(view: SessionView) -> Iterator[Row]:
    """A row for every generation of every round and replicate, in order."""
    for branch in view.branches.values():
        for number in sorted(branch.rounds):
            round_ = branch.rounds[number]
            scores, taken = {p.generation: p.score for p in learning_curve(round_)}, round_.steps_taken()
            for generation, replicates in enumerate(round_.metrics()):
                for replicate, values in enumerate(replicates):
                    numbers = {
                        name: float(value) if np.isfinite(value) else None
                        for name, value in zip(METRICS, values, strict=True)
                    }
                    yield {
                        "branch": branch.name,
                        "round": number,
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
