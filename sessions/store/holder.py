"""The message about the process that holds a session: one true sentence, and what to do."""

import os
import platform
import shlex
from pathlib import Path

from sessions.store.address import NAME, Address, Condition, condition, read_address
from ticket_explorer.errors import TicketError


def holder_sentence(lock: Path, answers: bool = True) -> str:
    """Why a session can't be had now, and what to do.

    Args:
        lock: The session's lock, which is taken.
        answers: False if the process that has it was asked and didn't answer.
    """
    session, older = lock.parent, _signature(lock)
    if older is not None:
        return f"{session} is in use by {older}, of an older version. Let it finish, or stop it."
    try:
        address = read_address(lock.with_name(NAME))
    except TicketError as error:
        return f"{session} is in use by another person: {error}"
    if address is None:
        return f"{session} is in use by another process. Let it finish; `fuser {shlex.quote(str(lock))}` names it."
    if address.transport == "none" and address.pid == os.getpid() and condition(address) is Condition.ALIVE:
        return f"{session} is open in this process already. Use the session that is open, or close it first."
    return f"{session} is in use by process {address.pid} on {address.machine}{_what_to_do(session, address, answers)}"


def _what_to_do(session: Path, address: Address, answers: bool) -> str:
    kill = f"`kill -9 {address.pid}` ends it, and loses a chunk at most"
    match condition(address):
        case Condition.ELSEWHERE:
            return f", which can't be reached from {platform.node()}. Go there, or stop it there."
        case Condition.GONE:
            return ", or by what it left: it has ended. A process that it started still holds the session; stop that."
        case Condition.SUSPENDED:
            return f", which is suspended. `kill -CONT {address.pid}` lets it go on; {kill}."
    if address.transport == "none":
        return ", which serves no clients: a script, a notebook, or an engine that is starting. End it, or try again."
    if not answers:
        return f", which doesn't answer. It may be busy: try again. `kill {address.pid}` stops it in order; {kill}."
    attach = shlex.join(["ticket-explorer", "attach", str(session)])
    return f". Watch it with `{attach}`, or stop that process."


def _signature(lock: Path) -> str | None:
    """The process that wrote its name into the lock, as older versions do."""
    try:
        process, _, machine = lock.read_bytes()[:300].decode(errors="replace").strip().partition(" ")
    except OSError:
        return None
    return f"process {process} on {machine}" if process.isdecimal() and machine else None
