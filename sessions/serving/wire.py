"""The messages on the socket: length-prefixed msgpack.

A client first reads the journal from disk up to the byte that `Welcome` names, then takes events from the socket: it
misses none and sees none twice.
"""

import asyncio
from typing import Any

import msgspec

from sessions.store.errors import UNREADABLE
from ticket_explorer.errors import TicketError

PROTOCOL = 1
LONGEST = 64 * 1024 * 1024
"""Bytes; no message of ours is longer."""
LONGEST_HELLO = 64 * 1024
"""Bytes read from a client that has not sent the token."""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The first thing a client says."""

    protocol: int
    client: str
    """Who is asking, for the journal: `terminal`, `notebook`."""
    live_frames: bool = True
    token: str = ""
    """The token in the address file."""


class Request(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A command, with a number that its reply will carry."""

    id: int
    command: Any
    """A `Command`; on arrival it is plain tables, so that one that can't be read is refused with a sentence."""


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The server's answer to `Hello`; every journalled event from byte `journal_end` on will follow."""

    protocol: int
    session: str
    pid: int
    journal_end: int
    is_idle: bool = False
    """Whether the engine has nothing to compute, and no other viewer."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request can't be carried out, in the fields of a `TicketError`."""

    said: str
    path: str = ""
    given: str = ""
    expected: str = ""
    remedy: str = ""

    @classmethod
    def of(cls, error: TicketError) -> "Refusal":
        """Make it from an error, to be sent."""
        return cls(said=error.said, path=error.path, given=error.given, expected=error.expected, remedy=error.remedy)

    @property
    def error(self) -> TicketError:
        """Make the error again, on arrival."""
        return TicketError(**msgspec.structs.asdict(self))


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer to a request: a result, or the sentence that says why there is none."""

    id: int
    result: dict[str, Any] | None = None
    error: str | None = None
    refusal: Refusal | None = None
    """The same sentence as fields; engines of earlier versions don't send them."""


class Told(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An event, as in the journal."""

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


async def receive(reader: asyncio.StreamReader, decoder: "msgspec.msgpack.Decoder[Any]", longest: int = LONGEST) -> Any:
    """The next message, of at most `longest` bytes; None at the end of the stream.

    Raises:
        TicketError: if what arrives is not a message.
    """
    try:
        length = int.from_bytes(await reader.readexactly(4), "little")
        if length > longest:
            raise TicketError(
                f"A message of {length} bytes arrived; at most {longest} are allowed. The other side has a fault."
            )
        return decoder.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except UNREADABLE as error:
        raise TicketError(f"A message could not be read ({error}); the peer may be of another version.") from None
