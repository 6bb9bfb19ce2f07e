"""Branches in which code of one's own fails: they wait for a person, and others go on."""

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import jax

from sessions.messages import events
from sessions.messages.emit import Emit
from sessions.views.session_view import SessionView
from sessions.views.turns import Turn, next_turn
from ticket_explorer.callbacks import raised_in_callback
from ticket_explorer.own_running import OwnCodeError


@contextmanager
def others_go_on(view: SessionView, journal: Emit) -> Iterator[None]:
    """If code of one's own fails before a round has begun, its branch is stuck until a person changes it.

    Args:
        view: Of the session; says whose turn it is.
        journal: Hears why; its remark is what makes the branch stuck.

    Raises:
        TicketError: if the code fails in a round that has begun.
    """
    turn = next_turn(view)
    try:
        yield
    except OwnCodeError as error:
        if turn is None or view.running is not None:
            raise
        journal(events.Remarked(at=time.time(), text=_sentence(turn, error), stuck=turn.branch))


def _sentence(turn: Turn, error: OwnCodeError) -> str:
    command = f"ticket-explorer switch SESSION --branch {shlex.quote(turn.branch)} --set pruner=magnitude"
    return f"Branch {turn.branch!r} needs another rule for round {turn.round} ({command}): {error}"


@contextmanager
def whole_or_forgotten(forget: Callable[[], None]) -> Iterator[None]:
    """If anything comes between a chunk and its record, as a full disk or Ctrl-C, go on from what is on disk.

    Args:
        forget: Drops what runs from memory.

    Raises:
        TicketError: what a callback of compiled code raised, in place of what JAX makes of it.
    """
    try:
        yield
    except BaseException as error:
        forget()
        said = raised_in_callback() if isinstance(error, jax.errors.JaxRuntimeError) else None
        if said is not None:
            raise said from None
        raise
