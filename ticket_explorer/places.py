"""Where things are kept on disk: data sets, decoded images, sessions.

`TICKET_EXPLORER_HOME` gathers everything in one directory; without it the platform's own are used.
"""

import os
from pathlib import Path

import platformdirs

VARIABLE = "TICKET_EXPLORER_HOME"


def home() -> Path:
    """The directory of what a person wants to keep."""
    return Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else platformdirs.user_data_path("ticket-explorer")


def data_dir() -> Path:
    """Where prepared data sets are."""
    return home() / "data"


def sessions_dir() -> Path:
    """Where sessions are, unless they were given another path."""
    return home() / "sessions"


def cache_dir() -> Path:
    """Where what can be made again is: decoded images, compiled executables."""
    return home() / "cache" if os.environ.get(VARIABLE) else platformdirs.user_cache_path("ticket-explorer")
