"""Where things are kept on disk: data sets, decoded images, sessions.

`TICKET_EXPLORER_HOME` gathers everything in one directory; without it the platform's own are used. What is made there
is its owner's alone, whatever the umask; what is there already keeps its modes.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import platformdirs

from ticket_explorer.errors import TicketError

VARIABLE = "TICKET_EXPLORER_HOME"
NAME = "ticket-explorer"


def home() -> Path:
    """The directory for what a person keeps.

    Raises:
        TicketError: if the system knows no home of this user.
    """
    return Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else _known(platformdirs.user_data_path)


def data_dir() -> Path:
    """Where prepared data sets are."""
    return home() / "data"


def own_data_dir() -> Path:
    """Where arrays are that were handed over in Python, each file named by its content."""
    return data_dir() / "own"


def sessions_dir() -> Path:
    """Where sessions are, unless they were given another path."""
    return home() / "sessions"


def studies_dir() -> Path:
    """Where studies are, unless they were given another path."""
    return home() / "studies"


def cache_dir() -> Path:
    """Where what can be made again is: decoded images, compiled executables."""
    return home() / "cache" if os.environ.get(VARIABLE) else _known(platformdirs.user_cache_path)


def make_private(directory: Path) -> None:
    """Make a directory that is not there yet, and what is missing above it, for its owner alone.

    Raises:
        OSError: if that can't be done.
    """
    if not directory.is_dir():
        make_private(directory.parent)
        with suppress(FileExistsError):
            directory.mkdir(0o700)


def _known(place: Callable[[str], Path]) -> Path:
    with suppress(RuntimeError):  # neither HOME nor an entry for this user
        directory = place(NAME)
        if directory.is_absolute():
            return directory
    raise TicketError(f"This user has no home directory: set HOME, or {VARIABLE} to a directory.")
