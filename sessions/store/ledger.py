"""What a session's journal says of its files, and what follows when one is read.

A file that is whole may still be the wrong one: of another session, another branch, another round, or of a
copy that went another way. Its seal says who it is, and the journal has its SHA-256.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from sessions.store.errors import Damaged, Unrecorded
from sessions.store.file_table import TABLE, FileName
from sessions.store.files import open_file
from sessions.store.seals import BEGINNING, Seal, read_seal

_ALWAYS = ("header", "checkpoint", "way")
"""Kinds that are read whatever the journal says: the header is there before it, the others are written again and again,
and the journal has no digest of them."""


@dataclass(frozen=True)
class Entry:
    """One file, as the journal has it."""

    sha256: str
    """Of the whole file, in hexadecimal digits, as `sha256sum` prints it."""
    origin: Seal | None = None
    """Who it says it is, if another session wrote it; None for a file of this session."""
    is_adopted: bool = False
    """Whether another session wrote it, which may not have sealed it."""


@dataclass
class Ledger:
    """A session's files."""

    session: str = ""
    """The session's id; empty as long as it has none."""
    is_sealed: bool = False
    """Whether it had its id from the beginning: then every file is sealed, and recorded."""
    files: dict[FileName, Entry] = field(default_factory=dict)

    def check(self, path: Path, name: FileName, data: bytes, found: Seal | None) -> None:
        """Refuse what is not the file that the journal tells of.

        Args:
            path: Where the file is on disk.
            name: Which file of the session belongs there.
            data: All its bytes.
            found: Who its seal says it is.

        Raises:
            Damaged: with who it is, who was expected, and what to do.
            Unrecorded: if the journal doesn't know it.
        """
        entry, remedy = self.files.get(name), TABLE[name.kind].remedy
        if entry is None and name.kind not in _ALWAYS and (found is not None or self.is_sealed):
            raise Unrecorded(path, f"the journal does not mention {name}", remedy)
        self.check_seal(path, name, found)
        if entry is not None and digest(data) != entry.sha256:
            raise Damaged(path, f"it is another version of {name} than the one in the journal", remedy)

    def check_seal(self, path: Path, name: FileName, found: Seal | None) -> None:
        """Refuse a file whose seal says that it belongs elsewhere.

        Raises:
            Damaged: with who it is, who was expected, and what to do.
        """
        entry = self.files.get(name)
        wanted = Seal.of(self.session, name)
        if entry is not None and entry.is_adopted:
            if found == entry.origin:
                return
            wanted = entry.origin or wanted
        elif found == wanted or (found is None and entry is None and not self.is_sealed):
            return
        is_ = "a file of an early version, which doesn't name its session" if found is None else str(found)
        raise Damaged(path, f"it is {is_}, where {wanted} belongs", TABLE[name.kind].remedy)

    def check_seals(self, directory: Path) -> None:
        """Look at the first bytes of every recorded file that is there.

        Raises:
            Damaged: if one says that it belongs elsewhere, or is no sealed file.
        """
        for name in self.files:
            path = directory / name.place
            if path.exists():
                with open_file(path) as file:
                    beginning = file.read(BEGINNING)
                self.check_seal(path, name, read_seal(path, beginning))


def digest(data: bytes) -> str:
    """What a ledger has of a file."""
    return hashlib.sha256(data).hexdigest()
