"""Scores of several tasks on one scale, a line a branch (Lange & Sprekeler 2023, figure 1)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from widgets.plots.figure import Axis, Figure, Line
from widgets.shared.wording import one_error

_X = Axis("weights kept", scale="log", reverse=True, percent=True)
_Y = Axis("normalised score", limits=(-0.02, 1.02))


def normalised(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """The mean over sessions of scores from 0 (a session's worst) to 1 (its best), against density.

    Args:
        rows: As `sessions.reports.comparison.normalised_rows` makes them; bars are standard errors over sessions.
    """
    names = list(dict.fromkeys(row["branch"] for row in rows))
    lines = [_line(name, [row for row in rows if row["branch"] == name], colour) for colour, name in enumerate(names)]
    sessions = list(rows[0]["by_session"])
    bars = f"; bars: {one_error(len(sessions))}" if len(sessions) > 1 else ""
    note = f"Mean over {', '.join(sessions)}{bars}."
    return Figure("Scores of tasks on one scale", _X, _Y, tuple(lines), note)


def _line(name: str, rows: Sequence[Mapping[str, Any]], colour: int) -> Line:
    ordered = sorted(rows, key=lambda row: float(row["density"]))
    density, score = (np.array([row[key] for row in ordered], float) for key in ("density", "score"))
    error = np.array([row["standard_error"] for row in ordered], float)
    low, high = (score - error, score + error) if np.isfinite(error).all() else (None, None)
    return Line(name, density, score, low=low, high=high, colour=colour, markers=True)
