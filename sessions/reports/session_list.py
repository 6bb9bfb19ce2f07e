"""The list of sessions and their states; neither JAX nor NumPy is imported."""

import os
from dataclasses import dataclass
from pathlib import Path

from sessions.reports.statistics import mean
from sessions.store import SessionDirectory, sessions_in
from sessions.store.errors import Damaged, DiskRefused
from sessions.store.lock import is_locked
from sessions.views.failures import failures
from sessions.views.reading import read_header, read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from ticket_explorer.places import sessions_dir
from ticket_explorer.tables import algorithm_of


@dataclass(frozen=True)
class SessionState:
    """One session in a list."""

    name: str
    path: str
    title: str
    task: str
    strategy: str
    branches: int
    rounds_done: int
    rounds_planned: int
    best_score: float | None
    """The best score at the lowest density that has a score."""
    lowest_density: float | None
    curve: tuple[float, ...]
    """The ticket curve: the best score at each density, from dense to sparse."""
    state: str
    """`running`, `paused`, `finished`, `stopped` (its engine ended without a pause; it can be resumed), `failed`
    (the engine, or a branch that has no replicate left), or why it can't be read."""


class Listing:
    """The sessions in the user's directory; a session that hasn't changed is not read again."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[tuple[float, int, bool], SessionState]] = {}

    def known(self) -> list[SessionState]:
        """The current sessions, latest first."""
        stamps = {path: stamp for path in sessions_in(sessions_dir()) if (stamp := _stamp(path)) is not None}
        self._read = {path: self._read[path] for path in self._read.keys() & stamps.keys()}
        for path, stamp in stamps.items():
            if path not in self._read or self._read[path][0] != stamp:
                self._read[path] = (stamp, session_state(path))
        return [self._read[path][1] for path in sorted(stamps, key=stamps.__getitem__, reverse=True)]


def sessions() -> list[SessionState]:
    """The user's sessions, latest first."""
    return Listing().known()


def session_state(path: Path) -> SessionState:
    """One session's line in a list; a session that can't be read says why in `state`."""
    name = path.name.removesuffix(".session")
    try:
        header, view = read_header(SessionDirectory.open_for_reading(path)), read_view(path)
        return state_of(path, header.title, view, _state(path, view))
    except Damaged as error:
        state = f"damaged: {Path(error.file).name}: {error.what}"
    except DiskRefused as error:
        state = f"unreadable: {error.why}"
    except TicketError as error:
        state = str(error)
    except Exception as error:  # one unreadable session must not cost the others their lines
        state = f"damaged: it can't be read ({repr(error)[:200]})"
    return SessionState(name, str(path), "", "", "", 0, 0, 0, None, None, (), state)


def state_of(path: Path, title: str, view: SessionView, state: str) -> SessionState:
    """A session's line in a list, from its view.

    Args:
        path: The session's directory on disk.
        title: The title in its header.
        view: What has happened in it.
        state: The word for how it is.
    """
    scores = _best_scores(view)
    branches = view.branches.values()
    return SessionState(
        name=path.name.removesuffix(".session"),
        path=str(path),
        title=title,
        task=", ".join(sorted({branch.plan["task"]["name"] for branch in branches})),
        strategy=", ".join(sorted({algorithm_of(branch.plan["trainer"]) for branch in branches})),
        branches=len(view.branches),
        rounds_done=sum(branch.next_round - branch.first_round for branch in branches),
        rounds_planned=sum(branch.planned_rounds - branch.first_round for branch in branches),
        best_score=scores[min(scores)] if scores else None,
        lowest_density=min(scores, default=None),
        curve=tuple(scores[density] for density in sorted(scores, reverse=True)),
        state=state,
    )


def _stamp(path: Path) -> tuple[float, int, bool] | None:
    """A stamp that changes when a session does; None if it is gone."""
    directory = SessionDirectory(path)
    try:
        journal = directory.journal.stat()
        return journal.st_mtime, journal.st_size, is_locked(directory.lock)
    except (OSError, TicketError):
        return (0.0, 0, False) if os.path.lexists(path) else None


def _best_scores(view: SessionView) -> dict[float, float]:
    scores: dict[float, float] = {}
    for branch in view.branches.values():
        for round_ in branch.rounds.values():
            score = mean(round_.finished.score) if round_.finished else None
            if score is not None:
                scores[round_.density] = max(score, scores.get(round_.density, score))
    return scores


def _state(path: Path, view: SessionView) -> str:
    if is_locked(SessionDirectory(path).lock):
        return "running" if view.state == "running" else "open, paused"
    if view.state == "finished" and failures(view):
        return "failed"
    return "stopped" if view.state == "running" else view.state
