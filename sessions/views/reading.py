"""Reads a session's header and view from disk, without JAX."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from sessions.messages import events
from sessions.messages.records import decode_record
from sessions.specs.spec import completed
from sessions.store import SCHEMA, SessionDirectory, check_schema, read_records
from sessions.store.errors import UNREADABLE, Damaged
from sessions.views.event_checks import Nonsense, check, check_depth
from sessions.views.kept_frames import KeptFrames
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.places import sessions_dir


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `session.msgpack`; never changed after creation."""

    schema: int = SCHEMA
    title: str
    created: float
    """Seconds since 1970."""
    spec: dict[str, Any]
    """The spec as a table, for `parse_spec`."""
    random_bits: str
    versions: dict[str, str]
    id: str = ""
    """The session's id in random hexadecimal digits, which its files' seals name. Empty in early versions."""


class _Schema(msgspec.Struct, frozen=True):
    schema: int


def read_header(directory: SessionDirectory) -> Header:
    """The header of a session.

    Raises:
        NewerSchema: if a later version of the program made the session.
        Damaged: if it is not what was written.
    """
    payload = directory.read_header()
    try:
        check_schema(msgspec.msgpack.decode(payload, type=_Schema).schema, directory.path)
        header = msgspec.msgpack.decode(payload, type=Header)
        check_depth(header.spec)
        branches = [completed(branch) for branch in header.spec.get("branch", [])]
        return structs.replace(header, spec={**header.spec, "branch": branches})
    except TicketError:
        raise
    except Exception as error:  # whatever it holds, it is no header
        raise Damaged(directory.header, f"it can't be read ({_why(error)})") from None


def decoded(payloads: Iterable[bytes | memoryview], path: Path) -> Iterator[events.Event]:
    """The events of journal records.

    Raises:
        Damaged: if a whole record holds something that is no event.
    """
    for number, payload in enumerate(payloads):
        try:
            told = decode_record(payload)
        except UNREADABLE as error:
            raise Damaged(path, f"record {number} can't be read ({_why(error)})") from None
        yield from told


def followed(directory: SessionDirectory, view: SessionView, end: int | None = None) -> Iterator[events.Event]:
    """The events of a session on disk, with its frames at their times; each is in the view already.

    Args:
        directory: The session's files.
        view: A new view.
        end: Read no byte of the journal at or after this offset; None: read to its end.

    Raises:
        Damaged: if one is impossible, or header and journal belong to two sessions.
    """
    frames = KeptFrames.of(directory)
    for event in decoded(read_records(directory.journal, end=end).payloads, directory.journal):
        if isinstance(event, events.RoundDropped):
            frames.put_back(event, view)
        take(view, event, directory.journal)
        yield event
        if isinstance(event, events.Generations):
            yield from frames.after(event, view)
    if view.versions:
        directory.trusting(view.ledger).read_header()


def follow(directory: SessionDirectory, view: SessionView, end: int | None = None) -> None:
    """Fold a session on disk into a new view; raises what `followed` does."""
    deque(followed(directory, view, end), maxlen=0)


def read_view(path: Path) -> SessionView:
    """The view of a session on disk, as far as its journal goes; takes no lock and imports no JAX.

    Raises:
        Damaged: if its journal says something impossible, or its header is another session's.
    """
    directory = SessionDirectory.open_for_reading(path)
    read_header(directory)
    view = SessionView()
    follow(directory, view)
    return view


def take(view: SessionView, event: events.Event, path: Path) -> None:
    """Have a view take in a journal's next event.

    Raises:
        Damaged: if it can't be true.
    """
    try:
        check(view, event)
        view.apply(event)
    except Exception as error:  # whatever it is, the journal tells a story that can't be followed
        raise Damaged(path, f"a {type(event).__name__} can't be followed: {_why(error)}") from None


def _why(error: Exception) -> str:
    match error:
        case RecursionError():
            return "it is nested too deeply"
        case UnicodeDecodeError():
            return "its text is not UTF-8"
        case Nonsense() | TicketError() | msgspec.MsgspecError():
            return str(error)
        case _:
            return repr(error)[:200]


def default_path(name: str) -> Path:
    """A free place for a session in the user's data directory: `fashion-3.session`."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "session"
    home = sessions_dir()
    return next(path for n in range(1, 1_000_000) if not (path := home / f"{stem}-{n}.session").exists())


def place_of_new(name: str, path: str | Path | None, shared: bool) -> Path:
    """The directory of a session to be made: the one that is given, or a free one in the user's data directory.

    Raises:
        InvalidValue: if a group should have it, but nobody else can enter that place.
    """
    if path is not None:
        return Path(path)
    if shared:
        raise InvalidValue("shared", "no path", "a path in a directory that your group can enter")
    return default_path(name)


def session_path(given: str | Path) -> Path:
    """The path of a session that is given by its path, or by its name in the user's sessions directory.

    Raises:
        InvalidValue: if it is neither.
    """
    if not isinstance(given, str | PathLike) or not str(given):
        raise InvalidValue("session", repr(given), "a session's path, or its name")
    path = Path(given)
    if path.exists() or path.name != given:
        return path
    for name in (given, f"{given}.session"):
        if (candidate := sessions_dir() / name).exists():
            return candidate
    return sessions_dir() / given if not path.suffix else path
