"""Many saved sessions: read from a directory, and as one table with a column for each field that differs."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sessions.reports.data_frame import RowKind
from sessions.saved.session import SavedSession
from sessions.specs.difference import flattened
from sessions.store import sessions_in
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.places import sessions_dir

if TYPE_CHECKING:
    from pandas import DataFrame


def read_all(directory: str | Path | None = None) -> list[SavedSession]:
    """All sessions directly in a directory, by name; by default the user's own.

    Raises:
        TicketError: if it is no directory, or a session in it can't be read, which is named.
    """
    place = sessions_dir() if directory is None else Path(directory)
    if directory is not None and not place.is_dir():
        raise InvalidValue("directory", place, "a directory of sessions")
    return [SavedSession.read(path) for path in sessions_in(place)]


def spec_values(session: SavedSession, branch: str) -> dict[str, Any]:
    """The values of a session's spec and of a branch's plan by path: `seed`, `trainer.strategy`, `pruner.name`."""
    whole = {key: value for key, value in session.spec.items() if key not in ("branch", "remarks")}
    return dict(flattened({**whole, **session.view.branches[branch].plan}))


def value_of(session: SavedSession, branch: str, path: str) -> Any:
    """One of these values; `pruner` stands for `pruner.name`.

    Raises:
        TicketError: if the spec has no such field.
    """
    values = spec_values(session, branch)
    for known in (path, f"{path}.name"):
        if known in values:
            return values[known]
    raise InvalidValue("by", path, f"a field of the spec, such as {', '.join(_SUCH_AS)}")


def frame_of_all(
    sessions: Iterable[SavedSession], rows: RowKind = "rounds", columns: Sequence[str] = ()
) -> "DataFrame":
    """A pandas table of many sessions: session, seed, a column for each field of their specs that differs, the rows.

    Args:
        sessions: As `read_all` returns them.
        rows: What a row is, as in a session's own `to_frame`.
        columns: More fields of the spec to add as columns, by path, `trainer.strategy`.

    Raises:
        TicketError: if there are no sessions, no such rows or fields, or pandas is not installed.
    """
    known = list(sessions)
    if not known:
        raise TicketError("There are no sessions to make a table of.")
    frames = [session.to_frame(rows) for session in known]
    import pandas

    differing = [path for path in dict.fromkeys((*columns, *_differing(known))) if path != "seed"]
    for session, frame in zip(known, frames, strict=True):
        for place, path in enumerate(differing, 2):
            values = {branch: _or_missing(session, branch, path, path in columns) for branch in session.branches}
            frame.insert(place, path, [values[branch] for branch in frame["branch"]])
    return pandas.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


_SUCH_AS = ("seed", "trainer.strategy", "pruning.ratio", "pruner", "task")


def _or_missing(session: SavedSession, branch: str, path: str, must_be: bool) -> Any:
    return value_of(session, branch, path) if must_be else spec_values(session, branch).get(path)


def _differing(sessions: Sequence[SavedSession]) -> list[str]:
    """Fields that don't have the same value in all branches of all sessions."""
    tables = [spec_values(session, branch) for session in sessions for branch in session.branches]
    paths = dict.fromkeys(path for table in tables for path in table)
    return [path for path in paths if len({repr(table.get(path)) for table in tables}) > 1]
