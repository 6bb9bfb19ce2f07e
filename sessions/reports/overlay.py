"""Branches of any sessions beside each other: their scores by density, and how each differs from one of them.

No JAX is imported here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sessions.reports.comparison import at_density
from sessions.reports.statistics import mean, standard_error
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.significance import holm, p_value
from ticket_explorer.errors import InvalidValue, TicketError

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """One branch of one session."""

    name: str
    """`fashion-1:snr`, or `snr` if there is only one session."""
    branch: str
    pairing: tuple[Any, ...]
    """What replicates have in common that see the same initial weights, batches and noise."""
    scores: dict[float, tuple[float | None, ...]]
    """Of each replicate, by density, from dense to sparse."""

    def __repr__(self) -> str:
        """Its name and how many densities it has."""
        return f"<Series {self.name}: {len(self.scores)} densities>"


@dataclass(frozen=True)
class Difference:
    """A series less another one, of T densities that both have, from dense to sparse; NaN where nothing is known."""

    name: str
    density: Values
    difference: Values
    """Of the means over replicates."""
    standard_error: Values
    """Of the mean difference, pair by pair; of both means if the replicates aren't pairs."""
    p_value: Values
    """Of Student's paired t-test, two-sided; NaN if the replicates aren't pairs."""
    holm_p_value: Values
    replicates: int
    is_paired: bool


def series_of(sessions: Mapping[str, tuple[SessionView, int | None]]) -> list[Series]:
    """Every branch that has a finished round, session by session.

    Args:
        sessions: By name, each session's view and its seed; of unknown seed (None) only its own branches pair.
    """
    return [
        Series(branch if len(sessions) == 1 else f"{name}:{branch}", branch, _pairing(name, view, branch, seed), scores)
        for name, (view, seed) in sessions.items()
        for branch in view.branches
        if (scores := _scores(view, branch))
    ]


def picked(series: Sequence[Series], names: Sequence[str] | None) -> list[Series]:
    """The series of some names, `SESSION:BRANCH`, or `BRANCH` for those of all sessions; None picks all.

    Raises:
        InvalidValue: if there is no such series.
    """
    if names is None:
        return list(series)
    for name in names:
        if all(name not in (one.name, one.branch) for one in series):
            raise InvalidValue("branches", name, f"some of {', '.join(one.name for one in series)}")
    return [one for one in series if one.name in names or one.branch in names]


def normalised_series(series: Iterable[Series]) -> list[Series]:
    """The series with scores from 0 to 1: the worst and the best mean score of each session.

    Raises:
        TicketError: if all scores of a session are equal.
    """
    known = list(series)
    ends: dict[Any, tuple[float, float]] = {}
    for one in known:
        means = [score for scores in one.scores.values() if (score := mean(scores)) is not None]
        low, high = ends.get(one.pairing[0], (np.inf, -np.inf))
        ends[one.pairing[0]] = min(low, *means), max(high, *means)
    for session, (low, high) in ends.items():
        if not high > low:
            raise TicketError(f"All scores of {session} are {low:g}: there is no worst and best to scale by.")
    return [_scaled(one, *ends[one.pairing[0]]) for one in known]


def difference(one: Series, other: Series) -> Difference | None:
    """How much better a series is than another at equal density; None if they have no density in common."""
    pairs = [
        (density, scores, found)
        for density, scores in one.scores.items()
        if (found := at_density(other.scores, density))
    ]
    if not pairs:
        return None
    is_paired = one.pairing[1:] == other.pairing[1:] and all(len(a) == len(b) for _, a, b in pairs)
    rows = [_row(scores, found, is_paired) for _, scores, found in pairs]
    centre, error, p_values = np.array(rows, np.float64).T
    density, replicates = np.array([density for density, *_ in pairs]), max(len(scores) for _, scores, _ in pairs)
    return Difference(one.name, density, centre, error, p_values, holm(p_values), replicates, is_paired)


def overlay_rows(series: Sequence[Series], baseline: Series | None) -> list[dict[str, Any]]:
    """A row for each series and density, for tables and JSON; what is not defined is None.

    Args:
        series: What is shown.
        baseline: The series that the others are compared with; None compares nothing.
    """
    rows: list[dict[str, Any]] = []
    for one in series:
        found = None if baseline is None or one is baseline else difference(one, baseline)
        for density, scores in one.scores.items():
            row = {"series": one.name, "density": density, "score": mean(scores), "error": standard_error(scores)}
            rows.append(row | ({} if baseline is None else _beside(found, density)))
    return rows


def _pairing(session: str, view: SessionView, branch: str, seed: int | None) -> tuple[Any, ...]:
    plan = view.branches[branch].plan
    same = session if seed is None else seed
    return session, same, repr(plan.get("task")), repr(plan.get("network"))


def _scores(view: SessionView, branch: str) -> dict[float, tuple[float | None, ...]]:
    finished = [round_ for round_ in view.lineage(branch) if round_.finished is not None and round_.density > 0]
    found = {round_.density: tuple(round_.finished.score) for round_ in finished if round_.finished}
    return {density: found[density] for density in sorted(found, reverse=True) if mean(found[density]) is not None}


def _scaled(one: Series, low: float, high: float) -> Series:
    scores = {
        density: tuple(None if score is None else (score - low) / (high - low) for score in scores)
        for density, scores in one.scores.items()
    }
    return Series(one.name, one.branch, one.pairing, scores)


def _row(
    scores: tuple[float | None, ...], others: tuple[float | None, ...], is_paired: bool
) -> tuple[float, float, float]:
    """The difference, its standard error and its p-value."""
    if not is_paired:
        centre, errors = (mean(scores) or 0.0) - (mean(others) or 0.0), (standard_error(scores), standard_error(others))
        return centre, float(np.hypot(*errors)) if None not in errors else np.nan, np.nan  # type: ignore[arg-type]
    pairs = [a - b for a, b in zip(scores, others, strict=True) if a is not None and b is not None]
    centre, error = (float(np.mean(pairs)), standard_error(pairs)) if pairs else (np.nan, None)
    if error is None:
        return centre, np.nan, np.nan
    if error == 0.0:  # a round that both share, or a difference that never varies
        return centre, 0.0, np.nan if centre == 0.0 else 0.0
    return centre, error, p_value(centre / error, len(pairs) - 1)


def _beside(found: Difference | None, density: float) -> dict[str, Any]:
    names = ("difference", "standard_error", "p_value", "holm_p_value")
    at = [] if found is None else np.flatnonzero(found.density == density).tolist()
    values = (float(getattr(found, name)[at[0]]) if at else np.nan for name in names)
    return {name: value if np.isfinite(value) else None for name, value in zip(names, values, strict=True)}
