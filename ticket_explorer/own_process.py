"""How JAX is set in a process of our own: as sessions are computed, whatever the shell says.

It is done by the environment, before JAX is imported. In another's process nothing is set: its JAX is that person's.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ticket_explorer.errors import TicketError
from ticket_explorer.places import cache_dir, make_private

SETTINGS: Mapping[str, bool | str] = {
    "jax_enable_x64": False,
    "jax_numpy_dtype_promotion": "standard",
    "jax_numpy_rank_promotion": "allow",
    "jax_debug_nans": False,
    "jax_debug_infs": False,
    "jax_disable_jit": False,
    "jax_transfer_guard": "allow",
}
"""What sessions are computed with, by the names of `jax.config`."""

SHARING: Mapping[str, str] = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
"""How a GPU is shared, unless the shell says otherwise: JAX would take three quarters of its memory at start, and leave
none to a second engine, a notebook or a colleague. So memory is taken as it is needed."""

_CACHE = "JAX_COMPILATION_CACHE_DIR"
_CONSEQUENCE = "Executables are compiled again each time."


def settle() -> None:
    """Set this process's environment for JAX; to be called before JAX is imported."""
    for name, value in SETTINGS.items():
        os.environ[name.upper()] = str(value).lower()
    for name, shared in SHARING.items():
        os.environ.setdefault(name, shared)
    with suppress(TicketError):  # without a home there is no cache
        os.environ.setdefault(_CACHE, str(cache_dir() / "jax"))
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
    if _CACHE not in os.environ or cache_trouble() is not None:
        os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"


def cache_trouble() -> str | None:
    """Why compiled executables are not kept: JAX would run any machine code found there; None if they are."""
    given = os.environ.get(_CACHE, "")
    if not given or "://" in given:
        return None
    directory = Path(given).absolute()
    try:
        make_private(directory)
        open_to_others = next((place for place in (directory, *directory.parents) if _others_may_write(place)), None)
    except OSError as error:
        return f"{directory} can't be used ({(error.strerror or str(error)).lower()}). {_CONSEQUENCE}"
    if open_to_others is None:
        return None
    return (
        f"{directory} is not used: JAX would run its files as machine code, and others own {open_to_others} or may "
        f"write there. {_CONSEQUENCE} Remove that directory, and run `chmod go-w {open_to_others}`."
    )


def _others_may_write(place: Path) -> bool:
    found = place.stat()
    if not hasattr(os, "getuid"):
        return False
    if found.st_uid not in (0, os.getuid()):
        return True
    is_groups = bool(found.st_mode & stat.S_IWGRP) and not _is_mine_alone(found.st_gid)
    is_open = is_groups or bool(found.st_mode & stat.S_IWOTH)
    return is_open and not found.st_mode & stat.S_ISVTX


def _is_mine_alone(group: int) -> bool:
    """Whether a group is the one that many systems make for each person."""
    import grp
    import pwd

    with suppress(KeyError):
        name = pwd.getpwuid(os.getuid()).pw_name
        found = grp.getgrgid(group)
        return found.gr_name == name and set(found.gr_mem) <= {name}
    return False
