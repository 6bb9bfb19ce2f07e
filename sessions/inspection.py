"""Looking at sessions from outside: which there are, in what state, and whether they are whole.

No JAX is imported, nothing is changed, and a session that runs is not disturbed.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sessions.header import read_header, read_view
from sessions.report import mean
from sessions.store import SessionDirectory, sessions_in
from sessions.store.lock import is_locked
from sessions.store.rounds import RoundArrays, decode_round
from sessions.store.verify import Finding, verify_files
from sessions.view import SessionView
from ticket_explorer.errors import TicketError
from ticket_explorer.places import sessions_dir


@dataclass(frozen=True)
class SessionState:
    """One session in a list."""

    name: str
    path: str
    title: str
    task: str
    branches: int
    rounds_done: int
    rounds_planned: int
    best_score: float | None
    """The best score at the lowest density that has one."""
    lowest_density: float | None
    state: str
    """`running`, `paused`, `finished`, `stopped` (its engine ended without a pause; it can be resumed), `failed`,
    or why it can't be read."""


def sessions_known() -> list[SessionState]:
    """The sessions in the user's directory, the latest first."""
    paths = sorted(sessions_in(sessions_dir()), key=lambda path: path.stat().st_mtime, reverse=True)
    return [session_state(path) for path in paths]


def session_state(path: Path) -> SessionState:
    """One session's line in a list; a session that can't be read says why in `state`."""
    name = path.name.removesuffix(".session")
    try:
        header, view = read_header(SessionDirectory.open_for_reading(path)), read_view(path)
    except TicketError as error:
        return SessionState(name, str(path), "", "", 0, 0, 0, None, None, str(error))
    density, score = _sparsest(view)
    return SessionState(
        name=name,
        path=str(path),
        title=header.title,
        task=", ".join(sorted({branch.plan["task"]["name"] for branch in view.branches.values()})),
        branches=len(view.branches),
        rounds_done=sum(branch.next_round - branch.first_round for branch in view.branches.values()),
        rounds_planned=sum(branch.planned_rounds - branch.first_round for branch in view.branches.values()),
        best_score=score,
        lowest_density=density,
        state=_state(path, view),
    )


def verify(path: Path) -> list[Finding]:
    """Check every checksum, and that journal and rounds tell the same story."""
    directory = SessionDirectory.open_for_reading(path)
    findings = verify_files(directory)
    try:
        view = read_view(path)
    except TicketError as error:
        return [*findings, Finding(directory.journal, False, str(error))]
    for branch in view.branches.values():
        for number, round_ in branch.rounds.items():
            if round_.finished is not None:
                findings.append(_checked_round(directory, view, branch.name, number))
    return findings


def _checked_round(directory: SessionDirectory, view: SessionView, branch: str, number: int) -> Finding:
    path = directory.round_path(branch, number)
    round_ = view.branches[branch].rounds[number]
    try:
        arrays = _arrays(directory, branch, number)
        kept = arrays.mask.sum(axis=1)
        if not (kept == round_.dimension).all():
            return Finding(path, False, f"keeps {kept.tolist()} entries, the journal says {round_.dimension}")
        if not _is_nested(directory, view, branch, number, arrays):
            return Finding(path, False, "keeps weights that the round before it had pruned")
    except TicketError as error:
        return Finding(path, False, str(error))
    return Finding(path, True, f"agrees with the journal: {round_.dimension} entries kept in each replicate")


def _is_nested(directory: SessionDirectory, view: SessionView, branch: str, number: int, arrays: RoundArrays) -> bool:
    before = view.round(branch, number - 1) if number else None
    if before is None or view.branches[branch].rounds[number].plan["rewind"]["name"] == "permuted_mask":
        return True
    return not np.any(arrays.mask & ~_arrays(directory, before.branch, number - 1).mask)


def _arrays(directory: SessionDirectory, branch: str, number: int) -> RoundArrays:
    return decode_round(directory.read_round(branch, number), directory.round_path(branch, number))


def _sparsest(view: SessionView) -> tuple[float | None, float | None]:
    scores: dict[float, float] = {}
    for branch in view.branches.values():
        for round_ in branch.rounds.values():
            score = mean(round_.finished.score) if round_.finished else None
            if score is not None:
                scores[round_.density] = max(score, scores.get(round_.density, score))
    lowest = min(scores, default=None)
    return lowest, None if lowest is None else scores[lowest]


def _state(path: Path, view: SessionView) -> str:
    if is_locked(SessionDirectory(path).lock):
        return "running" if view.state == "running" else "open, paused"
    return "stopped" if view.state == "running" else view.state
