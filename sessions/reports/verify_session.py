"""Whether a session is intact: every checksum, and the journal against the rounds.

No JAX is imported, nothing is changed, and a session that runs is not disturbed.
"""

import os
from pathlib import Path

import numpy as np

from sessions.specs.journalled import trainer_of
from sessions.specs.spec import Table
from sessions.store import SessionDirectory
from sessions.store.round_file import RoundArrays, decode_round
from sessions.store.verify import Finding, verify_files
from sessions.views.branch_view import RoundView
from sessions.views.kept_frames import KeptFrames
from sessions.views.reading import follow, read_header
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.rewinds import REWINDS


def verify(path: Path) -> list[Finding]:
    """Check every file against its seal and the journal, and that journal and rounds agree.

    Raises:
        TicketError: if there is nothing of a session at the path.
    """
    directory = SessionDirectory(path)
    if not path.is_dir() or not (os.path.lexists(directory.header) or os.path.lexists(directory.journal)):
        directory = SessionDirectory.open_for_reading(path)
    view, findings = SessionView(), []
    try:
        read_header(directory)
        follow(directory, view)
    except TicketError as error:
        findings.append(Finding(directory.journal, False, str(error)))
    if view.versions:  # before its first record, a journal names no file
        directory = directory.trusting(view.ledger)
    findings = [*verify_files(directory), *findings, *_frames(directory, view)]
    for branch in view.branches.values():
        for number, round_ in branch.rounds.items():
            if round_.finished is not None:
                findings.append(_checked_round(directory, view, branch.name, number))
    return findings


def _frames(directory: SessionDirectory, view: SessionView) -> list[Finding]:
    session = KeptFrames.of(directory).session
    if not view.versions or session in ("", view.ledger.session):
        return []
    return [Finding(directory.frames, False, f"it belongs to session {session[:8]}; its weight samples are not shown")]


def _checked_round(directory: SessionDirectory, view: SessionView, branch: str, number: int) -> Finding:
    path = directory.round_path(branch, number)
    round_ = view.branches[branch].rounds[number]
    try:
        arrays = _arrays(directory, branch, number)
        kept = arrays.mask.sum(axis=1).tolist()
        told = _told(round_, len(kept))
        if kept != told:
            return Finding(path, False, f"keeps {kept} entries, the journal says {told}")
        if not _is_nested(directory, view, branch, number, arrays):
            return Finding(path, False, "keeps weights that an earlier round pruned, or has another size")
    except TicketError as error:
        return Finding(path, False, str(error))
    counts = "or ".join(f"{count} " for count in sorted(set(told)))
    return Finding(path, True, f"agrees with the journal: {counts}entries kept in each replicate")


def _told(round_: RoundView, replicates: int) -> list[int]:
    """How many entries each replicate keeps, according to the journal."""
    assert round_.finished is not None
    fixed = round_.dimension - round_.trained_kept
    return [count + fixed for count in round_.finished.kept or [round_.trained_kept] * replicates]


def _is_nested(directory: SessionDirectory, view: SessionView, branch: str, number: int, arrays: RoundArrays) -> bool:
    known = view.branches[branch]
    is_pruned = number > 0 and known.borrows(number) is None and number >= known.adopted
    before = view.round(branch, number - 1) if is_pruned else None
    plan = view.branches[branch].rounds[number].plan
    if before is None or _moves_mask(plan) or _may_return(plan, before.plan):
        return True
    earlier = _arrays(directory, before.branch, number - 1).mask
    return earlier.shape == arrays.mask.shape and not np.any(arrays.mask & ~earlier)


def _moves_mask(plan: Table) -> bool:
    rewind = REWINDS.get(plan["rewind"]["name"])
    return rewind is not None and rewind.moves_mask


def _may_return(plan: Table, before: Table) -> bool:
    """Whether weights that a learned mask dropped may be in the next one."""
    pruner, trainer = PRUNERS.get(plan["pruner"]["name"]), trainer_of(before)
    return pruner is not None and trainer is not None and pruner.takes_learned and trainer.carries_scores


def _arrays(directory: SessionDirectory, branch: str, number: int) -> RoundArrays:
    return decode_round(directory.read_round(branch, number), directory.round_path(branch, number))
