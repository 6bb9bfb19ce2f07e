"""Every file of a session: what it is, where it is, and what to do without it.

Writing and verifying both follow this table: a file of a new kind is a line here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

TEMPORARY = ".tmp"
"""The suffix of unfinished files; those that a killed process left are harmless."""

BRANCH = r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}"
"""The names that a branch may have."""

_BACKUP = "Put the right file back, from a backup of this very session"
_AGAIN = "Move it away, and it is computed again with the same result"


@dataclass(frozen=True)
class FileKind:
    """One kind of file."""

    kind: str
    """Its name in seals and in the journal; part of the format, never renamed."""
    what: str
    """Its name in a sentence: `round {number} of branch {branch!r}`."""
    place: str
    """Its path in the session's directory."""
    remedy: str
    """What to do about one that is damaged."""
    form: Literal["sealed", "records", "note"] = "sealed"
    """Sealed as a whole, records that are appended, or a note whose loss does no harm."""
    copies: bool = False
    """Whether there may be several, `-2` and on."""

    @property
    def pattern(self) -> "re.Pattern[str]":
        """Matches the paths of its files, with the groups `branch` and `number` where it has them."""
        place = re.escape(self.place).replace(r"\{", "{").replace(r"\}", "}").replace("{number:03d}", "{padded}")
        groups = {"branch": rf"(?P<branch>{BRANCH})", "number": r"(?P<number>0|[1-9][0-9]{0,17})"}
        place = place.format(**groups, padded=r"(?P<number>[0-9]{3}|[1-9][0-9]{3,17})")
        return re.compile(place + (r"(-[0-9]+)?" if self.copies else ""))


TABLE = {
    kind.kind: kind
    for kind in (
        FileKind("header", "the header", "session.msgpack", _BACKUP),
        FileKind("journal", "the journal", "journal.msgpack", _BACKUP, "records"),
        FileKind("frames", "weight samples, for plots of the past", "frames.msgpack", _AGAIN, "records"),
        FileKind("checkpoint", "a checkpoint", "checkpoint.msgpack", _AGAIN),
        FileKind("way", "the path of a running round", "way.msgpack", "Move it away; only its plots are lost"),
        FileKind("round", "round {number} of branch {branch!r}", "rounds/{branch}/{number:03d}.msgpack", _BACKUP),
        FileKind(
            "ticket",
            "the ticket of round {number} of branch {branch!r}",
            "rounds/{branch}/ticket-{number:03d}.msgpack",
            _BACKUP,
        ),
        FileKind("initial", "the initial weights of branch {branch!r}", "rounds/{branch}/initial.msgpack", _AGAIN),
        FileKind(
            "early",
            "the weights after generation {number} of branch {branch!r}",
            "rounds/{branch}/early-{number}.msgpack",
            _AGAIN,
        ),
        FileKind("lock", "the lock", "lock", "Remove it while nothing runs the session", "note"),
        FileKind(
            "address",
            "the process that holds the session",
            "address.msgpack",
            "Remove it while nothing runs the session",
            "note",
        ),
        FileKind("log", "the engine's log", "engine.log", "Remove it", "note"),
        FileKind("older-log", "the engine's older log", "engine.log.{number}", "Remove it", "note"),
        FileKind("labels", "the labels", "labels.msgpack", "Remove it, and label the session anew", "note"),
        FileKind(
            "kept-aside",
            "damaged records, kept when the journal was opened",
            "journal.damaged-{number}",
            "Remove it",
            "note",
            copies=True,
        ),
        FileKind(
            "frames-kept-aside",
            "damaged weight samples, kept when they were opened",
            "frames.damaged-{number}",
            "Remove it",
            "note",
            copies=True,
        ),
    )
}
"""By the names of kinds."""


@dataclass(frozen=True)
class FileName:
    """Which file of a session."""

    kind: str
    branch: str = ""
    number: int = 0
    """The number of the round, or the generation of early weights."""

    @property
    def place(self) -> PurePosixPath:
        """Its path in the session's directory."""
        return PurePosixPath(TABLE[self.kind].place.format(branch=self.branch, number=self.number))

    def __str__(self) -> str:
        if self.kind not in TABLE:
            return f"a file of an unknown kind ({self.kind!r})"
        return TABLE[self.kind].what.format(branch=self.branch, number=self.number)


def name_of(place: PurePosixPath) -> FileName | None:
    """The file of this path in a session's directory; None if no session has such a file."""
    for kind in TABLE.values():
        match = kind.pattern.fullmatch(str(place))
        if match is not None:
            found = match.groupdict()
            return FileName(kind.kind, found.get("branch", ""), int(found.get("number", 0)))
    return None


def files_in(directory: Path) -> Iterator[tuple[Path, FileName | None]]:
    """The kind of a path in a session's directory; None if no session has such a file."""
    for path in sorted(directory.rglob("*")):
        place = PurePosixPath(path.relative_to(directory).as_posix())
        is_folder = place == PurePosixPath("rounds") or (len(place.parts) == 2 and place.parts[0] == "rounds")
        name = name_of(place)
        if not (is_folder and name is None and path.is_dir()):
            yield path, name
