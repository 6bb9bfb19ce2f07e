"""The list of sessions and their states; neither JAX nor NumPy is imported."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sessions.reports.statistics import mean
from sessions.store import SessionDirectory, sessions_in
from sessions.store.errors import Damaged, DiskRefused
from sessions.store.lock import is_locked
from sessions.views.failures import failures
from sessions.views.reading import Header, read_header, read_view
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
    network: str
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
    is_open: bool = False
    """Whether a process has it, running or at rest."""
    created: datetime | None = None
    """In UTC; None if that can't be read."""
    changed: datetime | None = None
    """When anything happened last."""
    seconds_run: float = 0.0
    """For how long it ran, pauses not counted."""
    bytes_on_disk: int = 0


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
        is_open = is_locked(SessionDirectory(path).lock)
        return state_of(path, header, view, _state(is_open, view), is_open)
    except Damaged as error:
        state = f"damaged: {Path(error.file).name}: {error.what}"
    except DiskRefused as error:
        state = f"unreadable: {error.why}"
    except TicketError as error:
        state = str(error)
    except Exception as error:  # one unreadable session must not cost the others their lines
        state = f"damaged: it can't be read ({repr(error)[:200]})"
    return SessionState(
        name=name,
        path=str(path),
        title="",
        task="",
        network="",
        strategy="",
        branches=0,
        rounds_done=0,
        rounds_planned=0,
        best_score=None,
        lowest_density=None,
        curve=(),
        state=state,
        bytes_on_disk=_bytes(path),
    )


def state_of(path: Path, header: Header, view: SessionView, state: str, is_open: bool = False) -> SessionState:
    """A session's line in a list, from its view.

    Args:
        path: The session's directory on disk.
        header: What it says of itself.
        view: What has happened in it.
        state: The word for how it is.
        is_open: Whether a process has it.
    """
    scores = _best_scores(view)
    branches = view.branches.values()
    return SessionState(
        name=path.name.removesuffix(".session"),
        path=str(path),
        title=header.title,
        task=", ".join(sorted({branch.plan["task"]["name"] for branch in branches})),
        network=", ".join(sorted({branch.plan["network"]["name"] for branch in branches})),
        strategy=", ".join(sorted({algorithm_of(branch.plan["trainer"]) for branch in branches})),
        branches=len(view.branches),
        rounds_done=sum(branch.next_round - branch.first_round for branch in branches),
        rounds_planned=sum(branch.planned_rounds - branch.first_round for branch in branches),
        best_score=scores[min(scores)] if scores else None,
        lowest_density=min(scores, default=None),
        curve=tuple(scores[density] for density in sorted(scores, reverse=True)),
        state=state,
        is_open=is_open,
        created=_time(header.created),
        changed=_time(max(view.changed, header.created)),
        seconds_run=view.seconds_run,
        bytes_on_disk=_bytes(path),
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


def _state(is_open: bool, view: SessionView) -> str:
    if view.state == "finished" and failures(view):
        return "failed"
    return "stopped" if view.state == "running" and not is_open else view.state


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _bytes(path: Path) -> int:
    """What its files take on the disk; what vanishes meanwhile, or can't be read, counts as nothing."""
    total = 0
    for directory, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(directory, name)).st_size
    return total
