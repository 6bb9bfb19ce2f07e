"""What a session was made from, and reading a session's view off the disk without JAX."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from sessions.messages import events
from sessions.specs.spec import completed
from sessions.store import SCHEMA, SessionDirectory, check_schema, read_records
from sessions.store.errors import Damaged
from sessions.views.session_view import SessionView
from ticket_explorer.places import sessions_dir


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `session.msgpack`; never changed after creation."""

    schema: int = SCHEMA
    title: str
    created: float
    """Seconds since 1970."""
    spec: dict[str, Any]
    """As `parse_spec` reads it."""
    random_bits: str
    versions: dict[str, str]


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
    except msgspec.MsgspecError as error:
        raise Damaged(directory.header, f"it can't be read ({error}).") from None
    branches = [completed(branch) for branch in header.spec.get("branch", [])]
    return structs.replace(header, spec={**header.spec, "branch": branches})


def decoded(payloads: Any, path: Path) -> Iterator[events.Event]:
    """The events of journal records.

    Raises:
        Damaged: if a whole record holds something that is no event.
    """
    for payload in payloads:
        try:
            yield events.decode(payload)
        except msgspec.MsgspecError as error:
            raise Damaged(path, f"a record can't be read ({error}).") from None


def read_view(path: Path) -> SessionView:
    """The view of a session on disk, as far as its journal goes; takes no lock and imports no JAX."""
    directory = SessionDirectory.open_for_reading(path)
    read_header(directory)
    view = SessionView()
    for event in decoded(read_records(directory.journal).payloads, directory.journal):
        view.apply(event)
    return view


def default_path(name: str) -> Path:
    """A free place for a session in the user's data directory: `fashion-3.session`."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "session"
    home = sessions_dir()
    return next(path for n in range(1, 1_000_000) if not (path := home / f"{stem}-{n}.session").exists())
