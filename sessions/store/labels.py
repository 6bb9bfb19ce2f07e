"""The labels that a person puts on a session: tags, and whether it is archived.

They are a note in its directory: they go where the session goes, and nothing that is computed, journalled or sealed
depends on them. Whoever may write there may label it, also while an engine runs it.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from sessions.store.errors import UNREADABLE
from sessions.store.file_table import FileName
from sessions.store.files import read_whole, write_atomic
from ticket_explorer.errors import InvalidValue, TicketError

LABELS = FileName("labels")
MOST = 32
"""Tags that a session may have."""

_TAG = re.compile(r"[^\W_][\w.+-]{0,31}")


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a session."""

    schema: int = 1
    tags: tuple[str, ...] = ()
    """Sorted, each once."""
    archived: bool = False
    """Whether lists leave it out unless they are asked for it."""


def read_labels(session: Path) -> Labels:
    """A session's labels; none if there is no such file, or it can't be read."""
    with suppress(TicketError, *UNREADABLE):
        labels = msgspec.msgpack.decode(read_whole(session / LABELS.place), type=Labels)
        if labels.schema == 1 and all(map(_TAG.fullmatch, labels.tags)):
            return labels
    return Labels()


def label(session: Path, add: Iterable[str] = (), remove: Iterable[str] = (), archived: bool | None = None) -> Labels:
    """Change a session's labels; returns them as they are now.

    Args:
        session: Where the session is on disk.
        add: Tags to put on it.
        remove: Tags to take off; those that it doesn't have don't matter.
        archived: Whether it is archived from now on; None leaves that.

    Raises:
        InvalidValue: if a tag can't be one.
        DiskRefused: if the directory can't be written.
    """
    before = read_labels(session)
    tags = tuple(sorted({*before.tags, *map(_checked, add)} - set(remove)))
    if len(tags) > MOST:
        raise InvalidValue("tags", len(tags), f"at most {MOST} tags on a session")
    now = Labels(tags=tags, archived=before.archived if archived is None else archived)
    if now != before:
        write_atomic(session / LABELS.place, msgspec.msgpack.encode(now), durable=False)
    return now


def _checked(tag: str) -> str:
    if not _TAG.fullmatch(tag):
        raise InvalidValue("tag", repr(tag), "1 to 32 letters, digits and . _ + -, beginning with a letter or digit")
    return tag
