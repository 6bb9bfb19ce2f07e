"""The directory of a study, `NAME.study/`: its spec as text, its journal, its locks, and a session for each cell."""

import os
import re
import tomllib
from pathlib import Path
from typing import Self, final

from sessions.specs.spec import Table
from sessions.store.errors import NotASession, nearest, told
from sessions.store.files import make_directory, write_atomic
from sessions.store.journal_records import MAGIC
from sessions.store.whole_directory import whole_directory
from ticket_explorer.errors import TicketError
from ticket_explorer.places import studies_dir

SUFFIX = ".study"


@final
class StudyDirectory:
    """The files of one study."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spec = path / "study.toml"
        self.journal = path / "journal.msgpack"
        self.journal_lock = path / "journal.lock"
        self.lock = path / "lock"
        self.cells = path / "cells"

    @property
    def name(self) -> str:
        """Its name, without `.study`."""
        return self.path.name.removesuffix(SUFFIX)

    def session(self, cell: str) -> Path:
        """The directory of a cell's session."""
        return self.cells / f"{cell}.session"

    @classmethod
    def create(cls, path: Path, text: str) -> Self:
        """Create a study with an empty journal and no cells, private to its owner.

        Raises:
            SessionExists: if something exists at `path`; it is left as it is.
            DiskFull: if there is no room.
        """
        with whole_directory(path) as building:
            new = cls(building)
            make_directory(new.cells)
            write_atomic(new.spec, text.encode())
            write_atomic(new.journal, MAGIC)
        return cls(path)

    @classmethod
    def found(cls, path: Path) -> Self:
        """The study at a path.

        Raises:
            NotASession: if there is none; the message names studies nearby.
        """
        with told(path):
            directory = cls(path)
            if path.is_dir() and directory.journal.is_file():
                return directory
            what = f"{path} is not a study." if path.exists() else f"There is no study at {path}."
        names = [one.name for one in studies_in(path.parent)]
        raise NotASession(f"{what}{nearest('Studies', path.name, names)}")

    def read_spec(self) -> tuple[str, Table]:
        """Its `study.toml`: as text, and as a table.

        Raises:
            TicketError: if it can't be read, or is not valid TOML.
        """
        return read_toml(self.spec)


def read_toml(path: Path) -> tuple[str, Table]:
    """A TOML file as text and as a table.

    Raises:
        TicketError: if it can't be read, or is not valid TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise TicketError(f"{path} can't be read: {why}; give a study, or the TOML file of one.") from None
    except UnicodeDecodeError:
        raise TicketError(f"{path} is not text; give a study, or the TOML file of one.") from None
    except tomllib.TOMLDecodeError as error:
        raise TicketError(f"{path} is not valid TOML: {error}.") from None


def studies_in(directory: Path) -> list[Path]:
    """The studies directly in a directory, by name; empty if there is no such directory."""
    with told(directory):
        try:
            names = sorted(os.listdir(directory))
        except (FileNotFoundError, NotADirectoryError):
            return []
    return [path for name in names if not name.startswith(".") and (path := directory / name).suffix == SUFFIX]


def study_path(given: str | Path) -> Path:
    """The path of a study that is given by its path, or by its name in the user's studies directory."""
    path = Path(given)
    if path.exists() or path.name != str(given):
        return path
    for name in (path.name, f"{path.name}{SUFFIX}"):
        if (candidate := studies_dir() / name).exists():
            return candidate
    return studies_dir() / (path.name if path.suffix == SUFFIX else f"{path.name}{SUFFIX}")


def default_study_path(name: str) -> Path:
    """Where a study is that was given no path: in the user's studies, named after its file."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60] or "study"
    return studies_dir() / f"{stem}{SUFFIX}"
