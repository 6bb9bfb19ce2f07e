"""The cells of a study as rows of text: the same words in all faces. Neither JAX nor NumPy is imported."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sessions.studies.pace import Pace
from sessions.studies.study import Study
from widgets.plots.sparkline import sparkline
from widgets.shared.wording import counted, duration, share

CURVE = 16
"""Columns of a cell's ticket curve."""
_ENDED = ("finished", "failed")


@dataclass(frozen=True)
class CellRow:
    """One cell in words."""

    name: str
    state: str
    rounds: str
    """`3/14`; empty if it hasn't begun."""
    sparsest: str
    """The lowest density that has a score, in percent."""
    score: str
    curve: str
    """Its ticket curve, dense on the left, as bars."""
    left: str
    """How long one worker still needs for it; empty if that isn't known, or nothing is left."""
    why: str
    """Why it has failed."""
    has_begun: bool


def cell_rows(study: Study) -> list[CellRow]:
    """A row for each cell, in the study's order, as it is now."""
    pace = Pace(study.view)
    rows = []
    for cell in study.cells:
        now, begun = cell.now, cell.has_begun
        seconds = None if now.state in _ENDED else pace.left(cell.name)
        rows.append(
            CellRow(
                name=cell.name,
                state=now.state,
                rounds=f"{now.rounds_done}/{now.rounds_planned}" if now.rounds_planned else "",
                sparsest="" if now.density is None else share(now.density),
                score="" if now.score is None else f"{now.score:.3f}",
                curve=sparkline(now.curve, CURVE),
                left="" if not seconds else duration(seconds),
                why=now.why or "",
                has_begun=begun,
            )
        )
    return rows


def summed_up(study: Study, rows: Sequence[CellRow]) -> str:
    """What the rows add up to: states, and what was and will be computed."""
    states = Counter(row.state for row in rows)
    parts = [f"{count} {state}" for state, count in states.items()]
    return f"{counted(len(rows), 'cell', 'cells')}: {', '.join(parts)}; {device_hours(study)}"


def device_hours(study: Study) -> str:
    """What was computed so far, and what is left, in hours of one worker's device."""
    spent = sum(study.view.seconds.values()) / 3600
    todo = [cell.name for cell in study.cells if not cell.is_finished and cell.failure is None]
    left = Pace(study.view).work_left(todo)
    parts = [f"{spent:.2g} device hours so far"] if spent else []
    if todo and left is not None:
        parts.append(f"about {sum(left) / 3600:.2g} left" if spent else f"about {sum(left) / 3600:.2g} device hours")
    return ", ".join(parts) or "nothing computed yet"
