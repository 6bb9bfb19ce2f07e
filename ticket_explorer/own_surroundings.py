"""Keeps code of one's own from changing the process that all branches share: JAX's settings, the directory, stdout.

JAX is not imported here, but its settings are looked at where it is.
"""

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

from ticket_explorer.own_process import SETTINGS


@contextmanager
def kept() -> Iterator[list[str]]:
    """While code of one's own runs: what it prints goes to stderr, and what it changes is put back.

    Yields:
        A list that afterwards holds the names of JAX's settings that the code changed.
    """
    settings, directory, changed = _jax_settings(), _directory(), list[str]()
    try:
        with _off_stdout():
            yield changed
    finally:
        _put_back(directory)
        changed += _restored(settings)


def _jax_settings() -> dict[str, Any]:
    """JAX's settings of this process; where it is not imported yet, the flags that it will begin with."""
    jax = sys.modules.get("jax")
    if jax is not None:
        return dict(jax.config.values)
    flags = [name for name, value in SETTINGS.items() if value is False]
    return {name: os.environ.get(name.upper(), "").lower() in ("y", "yes", "t", "true", "on", "1") for name in flags}


def _restored(before: Mapping[str, Any]) -> list[str]:
    """Put JAX's settings back; returns the names of those that were changed."""
    if "jax" not in sys.modules:
        return []
    now = _jax_settings()
    changed = [name for name, value in before.items() if now.get(name) != value]
    for name in changed:
        sys.modules["jax"].config.update(name, before[name])
    return changed


def _directory() -> str | None:
    with suppress(OSError):
        return os.getcwd()
    return None


def _put_back(directory: str | None) -> None:
    """Go back to the working directory: relative paths of sessions start there."""
    if directory is not None and _directory() != directory:
        with suppress(OSError):
            os.chdir(directory)


class _Routed:
    """Stdout while some threads run code of one's own: theirs is stderr, that of all others what it was."""

    def __init__(self, stdout: IO[str]) -> None:
        self.stdout = stdout

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr if threading.get_ident() in _INSIDE else self.stdout, name)


_INSIDE: dict[int, int] = {}
"""How deep threads are in code of one's own."""
_LOCK = threading.Lock()


@contextmanager
def _off_stdout() -> Iterator[None]:
    """What this thread prints goes to stderr: stdout is data."""
    thread = threading.get_ident()
    with _LOCK:
        if not isinstance(sys.stdout, _Routed):
            sys.stdout = cast(Any, _Routed(sys.stdout))
        _INSIDE[thread] = _INSIDE.get(thread, 0) + 1
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE[thread] -= 1
            if not _INSIDE[thread]:
                del _INSIDE[thread]
            routed = sys.stdout
            if not _INSIDE and isinstance(routed, _Routed):
                sys.stdout = routed.stdout
