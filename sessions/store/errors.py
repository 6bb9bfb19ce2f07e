"""The errors that a person sees if a session can't be read, written or shared."""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import msgspec

from ticket_explorer.errors import TicketError, shortened

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""The exceptions of decoding if bytes hold something unexpected."""
_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_MORE_FILES = {errno.EMFILE, errno.ENFILE}


class Damaged(TicketError):
    """A file whose bytes are not what was written, or that belongs elsewhere."""

    def __init__(self, path: Path | str, what: str, remedy: str = ""):
        self.file, self.what = path, what
        advice = f"{remedy}. " if remedy else ""
        remedy = f"{advice}Nothing was changed; `verify` says what is safe."
        super().__init__(f"{path} is damaged: {what}.", remedy=remedy)


class Unrecorded(Damaged):
    """A file that the journal does not mention."""


class DiskFull(TicketError):
    """The disk, or the user's quota, is full."""

    def __init__(self, path: Path | str):
        super().__init__(
            f"The disk that holds {path} is full. Nothing written so far is lost.",
            remedy="Free some space, then continue.",
        )


class DiskRefused(TicketError):
    """The file system refused to read or write for another reason: permissions, a failing device."""

    def __init__(self, path: Path | str, error: OSError):
        self.why = (error.strerror or str(error)).lower()
        remedy = "Check that it exists and that you may read and write it."
        super().__init__(f"Can't use {shortened(str(path))}: {self.why}.", remedy=remedy)


class TooManyFiles(TicketError):
    """The process, or the machine, may open no more files."""

    def __init__(self, path: Path | str):
        super().__init__(
            f"Can't open {shortened(str(path))}: too many files are open already.",
            remedy="Close other programs, or allow more with `ulimit -n 1024`.",
        )


class SessionLocked(TicketError):
    """Another process writes to the session."""


class NotASession(TicketError):
    """A path that is not a session."""


class SessionExists(TicketError):
    """A new session would replace something that exists."""

    def __init__(self, path: Path | str):
        remedy = "Choose another name, or remove it."
        super().__init__(f"{path} exists already, and nothing was overwritten.", remedy=remedy)


class NewerSchema(TicketError):
    """A session that a newer version of Ticket Explorer wrote."""

    def __init__(self, path: Path | str, given: int, known: int):
        super().__init__(
            f"{path} was written by a newer Ticket Explorer (schema {given}; this one reads up to {known}).",
            given=str(given),
            expected=f"at most {known}",
            remedy="Update it.",
        )


@contextmanager
def told(path: Path | str) -> Iterator[None]:
    """Turn errors of the file system at `path` into errors with a sentence."""
    try:
        yield
    except OSError as error:
        raise as_sentence(path, error) from error


def as_sentence(path: Path | str, error: OSError) -> TicketError:
    """The error to raise for an error of the file system at `path`."""
    if error.errno in _NO_MORE_FILES:
        return TooManyFiles(path)
    return DiskFull(path) if error.errno in _FULL else DiskRefused(path, error)


def nearest(kind: str, wanted: str, names: Sequence[str]) -> str:
    """A sentence, after a space, with the names nearest to one that isn't there: ` Sessions there: a.session.`

    Args:
        kind: What they name, in the plural: `Sessions`.
        wanted: The name that isn't there.
        names: Those that are; without any, there is nothing to say.
    """
    near = get_close_matches(wanted, names, n=3) or names[:5]
    others = f" and {len(names) - len(near)} more" if len(names) > len(near) else ""
    return f" {kind} there: {', '.join(near)}{others}." if near else ""
