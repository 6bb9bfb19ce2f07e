"""The join code: short enough to be said aloud, and slow to guess.

Each code that is tried from an address is looked at only once those tried from there before have been, and each wrong
one makes the next wait longer. Guessing costs a guesser hours for each thousand tries, and nobody else anything.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sessions.store.errors import told
from sessions.store.files import write_atomic
from ticket_explorer.errors import InvalidValue
from ticket_explorer.places import home, make_private

SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Those that nobody confuses when they are read aloud: no i, l, o, 0 and 1."""
LENGTH = 6
LONGEST = 32
FIRST_WAIT, LONGEST_WAIT = 1.0, 8.0
"""Seconds that a wrong code costs: twice as many with each, up to the longest."""
QUEUE = 40
"""Codes from one address that may wait to be looked at; a class may share an address."""
ADDRESSES = 4096
"""Addresses whose wrong codes are remembered."""


def join_code(session: str, given: str | None = None) -> str:
    """The code of a session: always the same on this machine for this user, so that pages find their way back.

    Args:
        session: What tells the session from others.
        given: The code that a person wants.

    Raises:
        InvalidValue: if the wanted code is too short or has signs that are hard to type.
        TicketError: if the user's directory can't be written.
    """
    if given is not None:
        code = tidy(given)
        if not LENGTH <= len(code) <= LONGEST or not (code.isascii() and code.isalnum()):
            raise InvalidValue("--code", given, f"{LENGTH} to {LONGEST} letters and digits")
        return code
    digest = hmac.digest(_secret(home() / "broadcast.secret"), session.encode(), hashlib.sha256)
    return "".join(SIGNS[byte % len(SIGNS)] for byte in digest[:LENGTH])


def tidy(code: str) -> str:
    """A code as people type it: with capitals, blanks and hyphens, which don't count."""
    return code.lower().replace(" ", "").replace("-", "")


def _secret(path: Path) -> bytes:
    with told(path):
        with suppress(FileNotFoundError):
            if len(found := path.read_bytes()) >= 32:
                return found
        make_private(path.parent)
        fresh = secrets.token_bytes(32)
        write_atomic(path, fresh)
        path.chmod(0o600)
    return fresh


class Door:
    """Lets in those who know the code."""

    def __init__(self, code: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Guard a code; `clock` counts seconds."""
        self._code, self._clock = code, clock
        self._wrong: dict[str, tuple[int, float]] = {}
        """By address: wrong codes in a row, and until when the next one waits."""
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    async def opens(self, code: str, address: str) -> bool:
        """Whether a code is right; the answer takes as long as the address has earned."""
        lock, waiting = self._turns.get(address, (asyncio.Lock(), 0))
        if waiting >= QUEUE:
            return False
        self._turns[address] = lock, waiting + 1
        try:
            async with lock:
                return await self._tried(code, address)
        finally:
            lock, waiting = self._turns[address]
            if waiting > 1:
                self._turns[address] = lock, waiting - 1
            else:
                del self._turns[address]

    async def _tried(self, code: str, address: str) -> bool:
        count, until = self._wrong.get(address, (0, 0.0))
        if (left := until - self._clock()) > 0:
            await asyncio.sleep(left)
        if hmac.compare_digest(tidy(code).encode(errors="replace"), self._code.encode()):
            self._wrong.pop(address, None)
            return True
        while len(self._wrong) >= ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        wait = min(FIRST_WAIT * 2**count, LONGEST_WAIT)
        self._wrong[address] = count + 1, self._clock() + wait
        await asyncio.sleep(min(wait, FIRST_WAIT))
        return False
