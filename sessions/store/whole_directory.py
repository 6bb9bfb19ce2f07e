"""A directory that appears whole, by one rename, or not at all: a session's, or a study's."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sessions.store.errors import SessionExists, told
from sessions.store.files import temporary_name
from sessions.store.system import sync_directory
from ticket_explorer.places import make_private


@contextmanager
def whole_directory(path: Path) -> Iterator[Path]:
    """Yield a directory to build in, private to its owner, which becomes `path` at the end.

    Args:
        path: Where it is to be.

    Raises:
        SessionExists: if something exists there; it is left as it is.
        DiskFull: if there is no room.
    """
    with told(path):
        make_private(path.parent)
        building = temporary_name(path)
        try:
            building.mkdir(0o700)
            yield building
            if os.path.lexists(path):
                raise SessionExists(path)
            building.rename(path)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        sync_directory(path.parent)
