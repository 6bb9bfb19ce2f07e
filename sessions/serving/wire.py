"""What goes over the socket: length-prefixed msgpack, and where a session's socket is.

The socket lies in a directory that only its owner may enter. A client first reads the journal from
disk up to the byte that `Welcome` names, then takes events from the socket: it misses none and sees
none twice.
"""

import asyncio
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from sessions.messages.commands import AnyCommand
from ticket_explorer.errors import TicketError

PROTOCOL = 1
LONGEST = 64 * 1024 * 1024
"""Bytes; a longer message is no message of ours."""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The first thing a client says."""

    protocol: int
    client: str
    """Who is asking, for the journal: `terminal`, `notebook`."""
    live_frames: bool = True


class Request(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A command, with a number that its reply will carry."""

    id: int
    command: AnyCommand


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The server's answer to `Hello`; every journalled event from byte `journal_end` on will follow."""

    protocol: int
    session: str
    pid: int
    journal_end: int


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer to a request: a result, or the sentence that says why there is none."""

    id: int
    result: dict[str, Any] | None = None
    error: str | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An event, as it stands in the journal."""

    event: bytes
    journal_end: int | None
    """Where the journal ends with this event; None if it was not journalled."""


class Farewell(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The last thing a server says."""

    reason: str


FromClient = Hello | Request
FromServer = Welcome | Reply | Told | Farewell

_encoder = msgspec.msgpack.Encoder()


def packed(message: FromClient | FromServer) -> bytes:
    """A message with its length."""
    payload = _encoder.encode(message)
    return len(payload).to_bytes(4, "little") + payload


async def receive(reader: asyncio.StreamReader, decoder: "msgspec.msgpack.Decoder[Any]") -> Any:
    """The next message; None at the end of the stream.

    Raises:
        TicketError: if what comes is no message.
    """
    try:
        length = int.from_bytes(await reader.readexactly(4), "little")
        if length > LONGEST:
            raise TicketError(
                f"A message of {length} bytes came in, at most {LONGEST} are possible; the peer is broken."
            )
        return decoder.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except msgspec.MsgspecError as error:
        raise TicketError(f"A message could not be read ({error}); the peer may be of another version.") from None


def socket_path(session: Path) -> Path:
    """Where the engine of a session listens; short, since Unix sockets allow 107 bytes."""
    name = hashlib.sha256(os.fsencode(session.resolve())).hexdigest()[:24]
    return _private_directory() / f"{name}.sock"


def _private_directory() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    parent = Path(runtime) if runtime and os.access(runtime, os.W_OK) else Path(tempfile.gettempdir())
    directory = parent / f"ticket-explorer-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise TicketError(
            f"{directory} must be a directory that only you can enter, since the engine's socket lies there; "
            "remove it or set its mode to 0700."
        )
    return directory
