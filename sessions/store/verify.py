"""Checks that every file of a session is what was written, without changing any."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sessions.store.arrays import decode_arrays
from sessions.store.errors import Unrecorded
from sessions.store.file_table import TABLE, TEMPORARY, FileName, files_in
from sessions.store.files import open_file, read_whole
from sessions.store.journal_records import is_damage, read_records
from sessions.store.ledger import Ledger
from sessions.store.round_file import RoundArrays, decode_round
from sessions.store.seals import unseal
from sessions.store.session_dir import SessionDirectory
from ticket_explorer.errors import TicketError

ALWAYS = (FileName("header"), FileName("journal"))
"""The files that every session has."""


@dataclass(frozen=True)
class Finding:
    """The result of checking one file."""

    path: Path
    ok: bool
    """False if the file can't be read any more, or doesn't belong there."""
    what: str


def verify_files(directory: SessionDirectory) -> list[Finding]:
    """Check every file that exists, and every one that should; raises no TicketError.

    Args:
        directory: A session, or what is left of one, with its ledger if that could be read. Another process may be
            writing to it.
    """
    recorded = directory.ledger.files if directory.ledger is not None else {}
    there = dict(files_in(directory.path)) if directory.path.is_dir() else {}
    due = {directory.path_of(name): name for name in (*ALWAYS, *recorded)}
    shapes: dict[str, tuple[int, ...]] = {}
    paths = sorted(there.keys() | due.keys())
    findings = [_finding(directory, path, there.get(path, due.get(path)), shapes) for path in paths]
    return [*findings, *_gaps(list(there.values()), directory)]


def _finding(
    directory: SessionDirectory, path: Path, name: FileName | None, shapes: dict[str, tuple[int, ...]]
) -> Finding:
    try:
        if name is None:
            return Finding(path, True, _unknown(path))
        if TABLE[name.kind].form == "note":
            open_file(path).close()
            return Finding(path, True, str(name))
        return Finding(path, True, _CHECKS.get(name.kind, _sealed)(directory, name, shapes))
    except Unrecorded as error:
        return Finding(path, True, f"{error.what}: it is not used")
    except TicketError as error:
        return Finding(path, False, str(error))


def _unknown(path: Path) -> str:
    if path.name.endswith(TEMPORARY):
        return "unfinished file of a writer that was killed or is still writing"
    return "not part of a session; nothing reads it"


_Shapes = dict[str, tuple[int, ...]]


def _sealed(directory: SessionDirectory, name: FileName, _: _Shapes) -> str:
    size = len(directory.read(name))
    return f"{name}, {size} bytes{_trust(directory, name)}"


def _trust(directory: SessionDirectory, name: FileName) -> str:
    """What to add about a file of an early version."""
    ledger: Ledger = directory.ledger or Ledger()
    path = directory.path_of(name)
    is_sealed = name in ledger.files or unseal(read_whole(path), path).seal is not None
    return "" if is_sealed else "; unsealed: an early version wrote it"


def _records(directory: SessionDirectory, name: FileName, _: _Shapes) -> str:
    path = directory.path_of(name)
    records = read_records(path)
    with open_file(path) as file:
        file.seek(records.end)
        tail = file.read(records.torn)
    count = f"{len(records.payloads)} records"
    if not tail:
        return count
    if is_damage(tail):
        raise TicketError(f"{count}, then {len(tail)} bytes from byte {records.end} on that can't be read")
    return f"{count}, then {len(tail)} bytes of an unfinished one, which is cut off when the session opens"


def _round(directory: SessionDirectory, name: FileName, shapes: _Shapes) -> str:
    arrays: RoundArrays = decode_round(directory.read(name), directory.path_of(name))
    shape = arrays.mask.shape
    expected = shapes.setdefault(name.branch, shape)
    if shape != expected:
        raise TicketError(f"replicates and entries are {shape}, but {expected} in the rounds before")
    kept = f"round, {int(arrays.mask.sum())} of {shape[0]} × {shape[1]} entries kept"
    return kept + _trust(directory, name)


def _arrays(directory: SessionDirectory, name: FileName, _: _Shapes) -> str:
    arrays = decode_arrays(directory.read(name), directory.path_of(name))
    shapes = " and ".join(str(array.shape) for array in arrays)
    return f"{name}, {shapes}{_trust(directory, name)}"


_CHECKS: dict[str, Callable[[SessionDirectory, FileName, _Shapes], str]] = {
    "journal": _records,
    "frames": _records,
    "round": _round,
    "ticket": _arrays,
    "initial": _arrays,
    "early": _arrays,
}


def _gaps(there: list[FileName | None], directory: SessionDirectory) -> Iterator[Finding]:
    """Rounds that are missing before others that exist."""
    rounds = sorted((name.branch, name.number) for name in there if name is not None and name.kind == "round")
    for (branch, number), (same, later) in pairwise(rounds):
        if branch == same and later > number + 1:
            path = directory.round_path(branch, later)
            yield Finding(path, False, f"rounds {number + 1} to {later - 1} before it are missing")
