"""The address file next to a session's lock: which process has the session, and where it can be reached.

The lock itself carries no message. The file is private to its owner, because its token opens the engine to clients.
"""

import os
import platform
import stat
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Literal

import msgspec

from sessions.store.errors import UNREADABLE
from sessions.store.files import write_private
from sessions.store.system import AT_ONCE, NO_LINK
from ticket_explorer.errors import TicketError

NAME = "address.msgpack"
_LONGEST = 64 * 1024
"""Bytes; a longer file is not an address."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Which process has a session, and where to reach it."""

    schema: int = 1
    pid: int
    started: int
    """When the process began, in the system's ticks, to tell it from others; 0 if it isn't known."""
    machine: str
    boot: str
    """The id of the machine's last start; empty if it isn't known."""
    transport: Literal["none", "unix", "tcp"] = "none"
    """`none`: the process serves no clients, or not yet."""
    place: str = ""
    """A socket's path, or a port of the loopback interface."""
    token: str = ""
    """The token that a client must send first; empty for a socket that only its owner can open."""

    @property
    def is_here(self) -> bool:
        """Whether its process is on this machine, and began since its last start."""
        return self.machine == platform.node() and self.boot == boot_id()


class Condition(Enum):
    """The state of a process as seen from outside."""

    ALIVE = "alive"
    SUSPENDED = "suspended"
    """Suspended, as by Ctrl-Z, until it is continued."""
    GONE = "gone"
    ELSEWHERE = "elsewhere"
    """On another machine, or in another container."""


def own(transport: Literal["none", "unix", "tcp"] = "none", place: str = "", token: str = "") -> Address:
    """This process's address."""
    pid = os.getpid()
    return Address(
        pid=pid,
        started=_started(pid),
        machine=platform.node(),
        boot=boot_id(),
        transport=transport,
        place=place,
        token=token,
    )


def condition(address: Address) -> Condition:
    """The state of its process, as far as the system tells."""
    if not address.is_here:
        return Condition.ELSEWHERE
    try:
        os.kill(address.pid, 0)
    except ProcessLookupError:
        return Condition.GONE
    except OSError:
        pass  # another person's: it is there
    fields = _status(address.pid)
    if fields and address.started and int(fields[19]) != address.started:
        return Condition.GONE
    if fields and fields[0] in "ZX":
        return Condition.GONE
    return Condition.SUSPENDED if fields and fields[0] in "Tt" else Condition.ALIVE


def write_address(path: Path, address: Address) -> None:
    """Write the file, readable only for its owner; only the holder of the lock may call this."""
    write_private(path, msgspec.msgpack.encode(address))


def read_address(path: Path) -> Address | None:
    """The address in the file; None if there is none.

    Raises:
        TicketError: if another user wrote it, or could have written it: then it can't be trusted.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | AT_ONCE | NO_LINK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TicketError(f"{path} can't be read ({(error.strerror or str(error)).lower()}){_owner(path)}.") from None
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if hasattr(os, "getuid") and (found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077):
            raise TicketError(f"{path} is not used: others may write to it{_owner(path)}.")
        if not stat.S_ISREG(found.st_mode):
            return None
        with suppress(*UNREADABLE):
            return msgspec.msgpack.decode(file.read(_LONGEST), type=Address)
    return None


def boot_id() -> str:
    """The id of the machine's last start; empty if it can't be known."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _owner(path: Path) -> str:
    with suppress(OSError):
        return f"; it belongs to user {path.lstat().st_uid}, who runs the session or ran it last"
    return ""


def _started(pid: int) -> int:
    fields = _status(pid)
    return int(fields[19]) if fields else 0


def _status(pid: int) -> list[str]:
    """The fields of `/proc/PID/stat` from the state on; empty if there is no such file."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return []
