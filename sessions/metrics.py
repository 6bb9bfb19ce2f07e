"""Metrics as rows: what a table of a session's generations holds. No JAX is imported here."""

from collections.abc import Iterator

import numpy as np

from sessions.events import METRICS
from sessions.view import SessionView

Row = dict[str, str | int | float | None]


def metric_rows(view: SessionView) -> Iterator[Row]:
    """Every generation of every round and replicate, in order: what a table of metrics holds."""
    for branch in view.branches.values():
        for number in sorted(branch.rounds):
            round_ = branch.rounds[number]
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
                    }
