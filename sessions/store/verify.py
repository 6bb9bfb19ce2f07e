"""Whether every file of a session is what was written, file by file, without changing any."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sessions.store.journal_records import is_damage, read_records
from sessions.store.round_file import RoundArrays, decode_round
from sessions.store.session_dir import SessionDirectory
from ticket_explorer.errors import TicketError


@dataclass(frozen=True)
class Finding:
    """What is to be said about one file."""

    path: Path
    ok: bool
    """False if something that was written can't be read any more."""
    what: str


def verify_files(directory: SessionDirectory) -> list[Finding]:
    """Check every seal, every record and the sizes of every round; raises no TicketError.

    Args:
        directory: A session, or what is left of one. A writer may be at work on it.
    """
    return [
        _checked(directory.header, lambda: f"header, {len(directory.read_header())} bytes"),
        _journal(directory.journal),
        *_checkpoint(directory),
        *_branches(directory),
        *_named(directory.leftovers(), "unfinished file of a writer that was killed, or is at work"),
        *_named(directory.damaged_records(), "damaged records, kept when the journal was opened"),
    ]


def _checked(path: Path, check: Callable[[], str]) -> Finding:
    try:
        return Finding(path, True, check())
    except TicketError as error:
        return Finding(path, False, str(error))


def _journal(path: Path) -> Finding:
    try:
        records = read_records(path)
        with path.open("rb") as file:
            file.seek(records.end)
            tail = file.read(records.torn)
    except (TicketError, OSError) as error:
        return Finding(path, False, str(error))
    count = f"{len(records.payloads)} records"
    if not tail:
        return Finding(path, True, count)
    if is_damage(tail):
        return Finding(path, False, f"{count}, then {len(tail)} bytes from byte {records.end} on that can't be read")
    return Finding(path, True, f"{count}, then {len(tail)} bytes of an unfinished one, which opening it cuts")


def _checkpoint(directory: SessionDirectory) -> Iterator[Finding]:
    if directory.checkpoint.exists():
        yield _checked(directory.checkpoint, lambda: f"checkpoint, {len(directory.read_checkpoint() or b'')} bytes")


def _branches(directory: SessionDirectory) -> Iterator[Finding]:
    try:
        for branch in directory.branches():
            yield from _rounds(directory, branch)
    except TicketError as error:
        yield Finding(directory.path, False, str(error))


def _rounds(directory: SessionDirectory, branch: str) -> Iterator[Finding]:
    initial = directory.round_path(branch, "initial")
    if initial.exists():
        yield _checked(initial, lambda: f"initial state, {len(directory.read_round(branch, 'initial'))} bytes")
    shapes: list[tuple[int, ...]] = []
    due: int | None = None
    for number in directory.rounds(branch):
        path = directory.round_path(branch, number)
        if due is not None and number > due:
            yield Finding(path, False, f"rounds {due} to {number - 1} before it are missing")
        due = number + 1
        try:
            arrays = decode_round(directory.read_round(branch, number), path)
        except TicketError as error:
            yield Finding(path, False, str(error))
        else:
            shapes.append(arrays.mask.shape)
            yield _shape(path, arrays, shapes[0])


def _shape(path: Path, arrays: RoundArrays, expected: tuple[int, ...]) -> Finding:
    shape = arrays.mask.shape
    if shape != expected:
        return Finding(path, False, f"replicates and entries are {shape}, but {expected} in the rounds before")
    return Finding(path, True, f"round, {int(arrays.mask.sum())} of {shape[0]} × {shape[1]} entries kept")


def _named(paths: Iterable[Path], what: str) -> Iterator[Finding]:
    return (Finding(path, True, what) for path in sorted(paths))
