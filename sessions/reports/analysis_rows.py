"""Analyses as tables: nested lists for scripts, and rows for spreadsheets. No JAX is imported here."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sessions.messages.events import Analysed
from sessions.reports.generation_rows import Row
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.analysis.significance import holm


def analysis_table(found: Analysed) -> dict[str, Any]:
    """An analysis as nested lists for JSON; what is not defined is None."""
    return {
        "id": found.id,
        "kind": found.kind,
        "branch": found.branch,
        "round": found.round,
        "generation": found.generation,
        "parameters": found.parameters,
        "results": {name: _plain(found.array(name)) for name in found.arrays},
    }


def analysis_rows(found: Analysed) -> Iterator[Row]:
    """An analysis as rows: one for each number, with its place along each axis."""
    for name in found.arrays:
        if (values := found.array(name)).ndim < 2:
            continue  # an axis
        axes = _axes(found, name, values.ndim)
        for place in np.ndindex(values.shape):
            value = float(values[place])
            yield {
                "analysis": found.id,
                "kind": found.kind,
                "branch": found.branch,
                "round": found.round,
                "generation": found.generation,
                "quantity": name,
                **{f"axis_{i}": None for i in range(4)},
                **{f"place_{i}": None for i in range(4)},
                **{f"axis_{i}": axis.removesuffix("s") for i, axis in enumerate(axes)},
                **{f"place_{i}": _place(found, axis, place[i]) for i, axis in enumerate(axes)},
                "value": value if np.isfinite(value) else None,
            }


def replicates_of(found: Analysed) -> int:
    """How many replicates a comparison or a decomposition has."""
    return len(found.array("score" if found.kind == "comparison" else "ticket_score"))


def holm_p_values(found: Analysed) -> np.ndarray:
    """A comparison's p-values with Holm's correction, [densities]; early versions did not journal them."""
    if "holm_p_value" in found.arrays:
        given: np.ndarray = found.array("holm_p_value")[0]
        return given
    return holm(found.array("p_value")[0])


def _axes(found: Analysed, name: str, count: int) -> tuple[str, ...]:
    kind = ANALYSES.get(found.kind)
    named = () if kind is None else kind.own_axes.get(name, kind.axes)
    return (named or tuple(f"axis {i}" for i in range(count)))[:count]


def _place(found: Analysed, axis: str, index: int) -> float:
    return float(found.array(axis)[index]) if axis in found.arrays else float(index)


def _plain(array: np.ndarray) -> Any:
    values = array.astype(object)
    values[~np.isfinite(array)] = None
    return values.tolist()
