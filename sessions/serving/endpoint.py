"""Where an engine listens: one place, named by the address file next to the session's lock.

A Unix socket in a directory that only its owner may enter, or, if that is impossible, loopback TCP with a token. A
socket that a cleaner or a logout removes is made again.
"""

import asyncio
import hashlib
import os
import secrets
import socket
import stat
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

from sessions.store import SessionDirectory
from sessions.store.address import Address, own, read_address, write_address
from sessions.store.errors import told
from ticket_explorer.errors import TicketError

TRANSPORT = "TICKET_EXPLORER_TRANSPORT"
"""The environment variable that asks for `tcp`; otherwise Unix sockets are used where possible."""
LOOPBACK = "127.0.0.1"
LONGEST_PATH = 103
"""The longest path of a socket in bytes: macOS allows 103, Linux 107."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Endpoint:
    """One engine's endpoint, from `open` to `close`; only for the holder of the session's lock."""

    def __init__(self, session: Path, serve: Serve) -> None:
        """Prepare an endpoint that does not listen yet.

        Args:
            session: The session's directory.
            serve: Called with each connection.
        """
        self._session, self._serve = session, serve
        self._file = SessionDirectory(session).address
        self._server: asyncio.Server | None = None
        self._socket: tuple[Path, tuple[int, int]] | None = None
        """A Unix socket's path, and which inode is ours."""
        self.address: Address = own()

    async def open(self) -> None:
        """Listen, and write the address file.

        Raises:
            TicketError: if it can't listen anywhere, or can't write the address file.
        """
        listening = None if os.environ.get(TRANSPORT) == "tcp" else _unix_socket(self._session)
        try:
            if listening is None:
                await self._open_tcp()
            else:
                self._socket = (path := Path(listening.getsockname())), _inode(path)
                self._server = await asyncio.start_unix_server(self._serve, sock=listening)
                self.address = own("unix", str(path))
        except OSError as error:
            self.close()
            raise TicketError(
                f"The engine can't listen anywhere: {error}. Check whether sockets are allowed."
            ) from None
        self._tell()

    async def look(self) -> None:
        """Make the socket again if it is gone, and the address file if that is lost."""
        is_gone = self._socket is not None and _inode_or_none(self._socket[0]) != self._socket[1]
        if self._server is None or is_gone:
            self.close()
            await self.open()
        elif _told(self._file) != self.address:
            self._tell()

    def close(self) -> None:
        """Accept no more connections, and remove the socket if it is our own."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._socket is not None:
            path, ours = self._socket
            self._socket = None
            if _inode_or_none(path) == ours:
                with suppress(OSError):
                    path.unlink()

    def _tell(self) -> None:
        with told(self._file):
            write_address(self._file, self.address)

    async def _open_tcp(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        port = self._server.sockets[0].getsockname()[1]
        self.address = own("tcp", str(port), secrets.token_urlsafe(32))


def private_directory() -> Path | None:
    """A directory that only this user may enter, for sockets and engines' output; None if there can be none."""
    for parent in _parents():
        with suppress(OSError):
            directory = parent / f"ticket-explorer-{os.getuid()}"
            directory.mkdir(mode=0o700, exist_ok=True)
            found = directory.lstat()
            is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
            if is_ours and not stat.S_IMODE(found.st_mode) & 0o077 and os.access(directory, os.W_OK):
                return directory
    return None


def session_name(session: Path) -> str:
    """A short name for the files of a session's engine."""
    return hashlib.sha256(os.fsencode(session.resolve())).hexdigest()[:16]


def _parents() -> Iterator[Path]:
    """Where to make a private directory; the first place short enough for a socket's path."""
    if not hasattr(os, "getuid"):
        return
    for given in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"):
        longest = len(os.fsencode(given)) + len(f"/ticket-explorer-{os.getuid()}/{'x' * 16}-xxxxxx.sock")
        if given and longest <= LONGEST_PATH:
            yield Path(given)


def _unix_socket(session: Path) -> socket.socket | None:
    """A socket bound to a path for the session; None if there is no place for one."""
    directory = private_directory() if hasattr(socket, "AF_UNIX") else None
    if directory is None:
        return None
    name = session_name(session)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    for path in (directory / f"{name}.sock", directory / f"{name}-{secrets.token_hex(3)}.sock"):
        with suppress(OSError):
            _remove_dead(path)
            made.bind(str(path))
            path.chmod(0o600)
            return made
    made.close()
    return None


def _remove_dead(path: Path) -> None:
    """Remove the socket of an engine that was killed; anything else stays where it is.

    Raises:
        OSError: if it can't be found out whether that engine has ended.
    """
    found = path.lstat() if os.path.lexists(path) else None
    if found is None or not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.getuid():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(0.5)
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()


def _inode(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def _inode_or_none(path: Path) -> tuple[int, int] | None:
    try:
        return _inode(path)
    except OSError:
        return None


def _told(path: Path) -> Address | None:
    try:
        return read_address(path)
    except TicketError:
        return None
