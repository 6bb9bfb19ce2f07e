"""Analyses as nested lists for scripts, and their statistics. No JAX is imported here."""

from typing import Any

import numpy as np

from sessions.messages.events import Analysed
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


def replicates_of(found: Analysed) -> int:
    """How many replicates a comparison or a decomposition has."""
    return len(found.array("score" if found.kind == "comparison" else "ticket_score"))


def holm_p_values(found: Analysed) -> np.ndarray:
    """A comparison's p-values with Holm's correction, [densities]; early versions did not journal them."""
    if "holm_p_value" in found.arrays:
        given: np.ndarray = found.array("holm_p_value")[0]
        return given
    return holm(found.array("p_value")[0])


def _plain(array: np.ndarray) -> Any:
    values = array.astype(object)
    values[~np.isfinite(array)] = None
    return values.tolist()
