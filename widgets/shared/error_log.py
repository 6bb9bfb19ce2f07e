"""Unexpected errors: their traceback goes to a file, and a person gets one sentence."""

import time
import traceback
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ticket_explorer.places import cache_dir

LIMIT = 1_000_000
"""Bytes; a longer file is begun again."""


def keep(error: BaseException) -> str:
    """Write an error's traceback to the app's error log, and return the sentence to show.

    Args:
        error: The error that was raised.
    """
    path = cache_dir() / "app-errors.log"
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    try:
        _append(path, error)
    except OSError as refused:
        return f"Unexpected error, {what}. Its details could not be written to {path} ({refused.strerror})."
    return (
        f"Unexpected error, {what}. The engine and your sessions are not affected. The details to report are in {path}."
    )


def _append(path: Path, error: BaseException) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    is_long = path.exists() and path.stat().st_size > LIMIT
    told = "".join(traceback.format_exception(error))
    with path.open("w" if is_long else "a", encoding="utf-8", errors="replace") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S%z')}  {_versions()}\n{told}\n")


def _versions() -> str:
    found = []
    for package in ("ticket-explorer", "textual", "rich"):
        with suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return ", ".join(found)
