"""What a worker process sees from where it is, before it is given work: versions, the study's files, its locks."""

import platform
from dataclasses import dataclass
from pathlib import Path

from sessions.plans.checks import versions
from sessions.studies.locks import locked
from ticket_explorer.errors import TicketError

_MAY_DIFFER = ("cores",)


@dataclass(frozen=True)
class Seen:
    """One worker's view."""

    machine: str
    versions: dict[str, str]
    sees_study: bool
    heeds_lock: bool
    """Whether it can't lock what the run holds: locks hold between the two."""


def look(study: str, lock: str) -> Seen:
    """What this process sees.

    Args:
        study: The study's directory.
        lock: A lock file that the run holds.
    """
    sees = Path(study).is_dir()
    return Seen(platform.node(), versions(), sees, sees and _is_held(Path(lock)))


def differing(there: dict[str, str]) -> list[tuple[str, str, str]]:
    """Versions that another process has otherwise: what, here, there."""
    here = versions()
    names = [name for name in here if name not in _MAY_DIFFER]
    return [(name, here[name], there.get(name, "none")) for name in names if there.get(name) != here[name]]


def _is_held(lock: Path) -> bool:
    try:
        with locked(lock, wait=False) as alone:
            return not alone
    except TicketError:  # no locks at all: opening a session says so
        return False
