"""What a session's journal says about its files, and the checks when one is read.

An intact file may still be the wrong one: of another session, another branch, another round, or of a copy that was
continued separately. Its seal identifies it, and the journal has its SHA-256.
"""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from sessions.store.errors import Damaged, Unrecorded
from sessions.store.file_table import TABLE, FileName
from sessions.store.files import open_file
from sessions.store.seals import BEGINNING, Seal, read_seal

_ALWAYS = ("header", "checkpoint", "way")
"""Kinds that are read whatever the journal says: the header is written before it, and the others are replaced often, so
the journal has no digest of them."""


@dataclass(frozen=True)
class Entry:
    """The journal's entry for one file."""

    sha256: str
    """The SHA-256 of the whole file, in hexadecimal digits, as `sha256sum` prints it."""
    origin: Seal | None = None
    """The identity in its seal, if another session wrote it; None for a file of this session."""
    is_adopted: bool = False
    """Whether another session wrote it, perhaps without a seal."""


@dataclass
class Ledger:
    """The files of a session, as its journal lists them."""

    session: str = ""
    """The session's id; empty as long as it has none."""
    is_sealed: bool = False
    """Whether the session had its id from the beginning: then every file is sealed and recorded."""
    files: dict[FileName, Entry] = field(default_factory=dict)
    """By the names that they are kept under."""
    first_names: dict[str, str] = field(default_factory=dict)
    """The names under which the files of renamed branches are kept, by the names that these branches have now."""

    def rename(self, before: str, after: str) -> None:
        """Take note that a branch has another name; its files keep theirs."""
        self.first_names[after] = self.first_names.pop(before, before)

    def kept_as(self, name: FileName) -> FileName:
        """The name that a file is kept under: that of its branch before it was renamed."""
        return replace(name, branch=self.first_names.get(name.branch, name.branch))

    def check(self, path: Path, name: FileName, data: bytes, found: Seal | None) -> None:
        """Refuse a file that is not the one in the journal.

        Args:
            path: Where the file is on disk.
            name: Which file of the session belongs there.
            data: All its bytes.
            found: The identity in its seal.

        Raises:
            Damaged: with what it is, what was expected, and what to do.
            Unrecorded: if the journal doesn't mention it.
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
            Damaged: with what it is, what was expected, and what to do.
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
        """Check the first bytes of every recorded file that exists.

        Raises:
            Damaged: if one belongs elsewhere, or is not a sealed file.
        """
        for name in self.files:
            path = directory / name.place
            if path.exists():
                with open_file(path) as file:
                    beginning = file.read(BEGINNING)
                self.check_seal(path, name, read_seal(path, beginning))


def digest(data: bytes) -> str:
    """The ledger's entry for a file."""
    return hashlib.sha256(data).hexdigest()
