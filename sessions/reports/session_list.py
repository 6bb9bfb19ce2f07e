"""The list of sessions and their states; neither JAX nor NumPy is imported."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sessions.reports.session_index import Line, Stamp, read_index, stamp_of, write_index
from sessions.reports.statistics import mean
from sessions.store import SessionDirectory, sessions_in
from sessions.store.errors import Damaged, DiskRefused
from sessions.store.labels import LABELS, read_labels
from sessions.store.lock import is_locked
from sessions.views.failures import failures
from sessions.views.reading import Header, read_header, read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from ticket_explorer.places import sessions_dir
from ticket_explorer.tables import algorithm_of

STATES = ("running", "paused", "finished", "stopped", "failed")
"""The states of sessions that can be read."""


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
    tags: tuple[str, ...] = ()
    archived: bool = False
    """Whether lists leave it out unless they are asked for it."""


class Listing:
    """The sessions in the user's directory; a session that hasn't changed is not read again, by any process."""

    def __init__(self) -> None:
        self._lines: dict[str, Line[SessionState]] | None = None
        """What was read, by this process or one before: each row as if no process had the session."""

    def known(self) -> list[SessionState]:
        """The current sessions, latest first."""
        before = read_index(SessionState) if self._lines is None else self._lines
        lines, rows, changed = {}, [], {}
        for path in sessions_in(sessions_dir()):
            stamp = _stamp(path)
            if stamp is not None:
                line = _line(before, path, stamp)
                rows.append(row := _now(line.row, path))
                lines[str(path)], changed[row.path] = line, stamp[0]
        settled = {row.path: lines[row.path] for row in rows if not row.is_open and row.state in STATES}
        if any(before.get(path) is not line for path, line in settled.items()):
            write_index(SessionState, settled)
        self._lines = lines
        return sorted(rows, key=lambda row: changed[row.path], reverse=True)


def sessions() -> list[SessionState]:
    """The user's sessions, latest first."""
    return Listing().known()


def session_state(path: Path) -> SessionState:
    """One session's line in a list; a session that can't be read says why in `state`."""
    return _now(_read(path), path)


def _line(before: Mapping[str, Line[SessionState]], path: Path, stamp: Stamp) -> Line[SessionState]:
    known = before.get(str(path))
    if known is None or known.stamp != stamp or known.row.path != str(path):
        return Line(stamp, _read(path))
    return known


def _read(path: Path) -> SessionState:
    """A session's line as if no process had it."""
    try:
        header, view = read_header(SessionDirectory.open_for_reading(path)), read_view(path)
        return state_of(path, header, view, "failed" if view.state == "finished" and failures(view) else view.state)
    except Damaged as error:
        state = f"damaged: {Path(error.file).name}: {error.what}"
    except DiskRefused as error:
        state = f"unreadable: {error.why}"
    except TicketError as error:
        state = str(error)
    except Exception as error:  # one unreadable session must not cost the others their lines
        state = f"damaged: it can't be read ({repr(error)[:200]})"
    return SessionState(
        name=path.name.removesuffix(".session"),
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


def _now(row: SessionState, path: Path) -> SessionState:
    """A session's line as it is at this moment."""
    if row.state not in STATES:
        return row
    try:
        is_open = is_locked(SessionDirectory(path).lock)
    except TicketError as error:
        return replace(row, state=f"unreadable: {error.why}" if isinstance(error, DiskRefused) else str(error))
    state = "stopped" if row.state == "running" and not is_open else row.state
    return replace(row, state=state, is_open=is_open) if is_open or state != row.state else row


def state_of(path: Path, header: Header, view: SessionView, state: str, is_open: bool = False) -> SessionState:
    """A session's line in a list, from its view.

    Args:
        path: The session's directory on disk.
        header: What it says of itself.
        view: What has happened in it.
        state: The word for how it is.
        is_open: Whether a process has it.
    """
    scores, labels = _best_scores(view), read_labels(path)
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
        tags=labels.tags,
        archived=labels.archived,
    )


def _stamp(path: Path) -> Stamp | None:
    """A stamp that changes when a session's line may; None if it is gone."""
    directory = SessionDirectory(path)
    try:
        return stamp_of(directory.journal, directory.header, directory.path_of(LABELS))
    except OSError:
        return (0,) if os.path.lexists(path) else None


def _best_scores(view: SessionView) -> dict[float, float]:
    scores: dict[float, float] = {}
    for branch in view.branches.values():
        for round_ in branch.rounds.values():
            score = mean(round_.finished.score) if round_.finished else None
            if score is not None:
                scores[round_.density] = max(score, scores.get(round_.density, score))
    return scores


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
