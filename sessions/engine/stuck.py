"""Branches in which code of one's own fails: they wait for a person, and others go on."""

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import jax

from sessions.messages import events
from sessions.messages.emit import Emit
from sessions.specs.own_code import codes_by_key
from sessions.specs.own_succession import place_of
from sessions.specs.spec import Table
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from sessions.views.turns import Turn, next_turn, planned
from ticket_explorer.callbacks import raised_in_callback
from ticket_explorer.own_running import OwnCodeError, failed_in_callback


@contextmanager
def others_go_on(view: SessionView, journal: Emit, drop: Callable[[RoundView], None]) -> Iterator[None]:
    """If code of one's own fails, its branch is stuck until a person changes it; a round that has begun is dropped.

    The round begins again by the plan that its branch has by then, as if it had never begun.

    Args:
        view: Of the session; says whose turn it is.
        journal: Hears that, and why; the remark is what makes the branch stuck.
        drop: Called with a round that has begun, before it is journalled that it is dropped.
    """
    turn = next_turn(view)
    try:
        yield
    except OwnCodeError as error:
        if turn is None:
            raise
        remark = events.Remarked(at=time.time(), text=_sentence(view, turn, error), stuck=turn.branch)
        if (round_ := view.running) is None:
            journal(remark)
            return
        drop(round_)
        dropped = events.RoundDropped(
            at=time.time(), branch=round_.branch, round=round_.number, generations=round_.done
        )
        journal(dropped, remark)


def _sentence(view: SessionView, turn: Turn, error: OwnCodeError) -> str:
    key, place = _at_fault(planned(view, turn), str(error))
    if not key:
        return f"Branch {turn.branch!r} waits to begin round {turn.round} again, when the session is opened: {error}"
    command = f"ticket-explorer switch SESSION --branch {shlex.quote(turn.branch)} --set "
    if view.running is None and key not in ("task", "network", "trainer"):
        return f"Branch {turn.branch!r} needs another rule for round {turn.round} ({command}pruner=magnitude): {error}"
    return (
        f"Branch {turn.branch!r} waits to begin round {turn.round} again until its {_CALLED.get(key, key)} is repaired "
        f"({command}{shlex.quote(f'{key}={place}')}): {error}"
    )


_CALLED = {"task": "environment"}
"""What the code of a key of the plan is called, where it isn't as the key is."""


def _at_fault(plan: Table, said: str) -> tuple[str, str]:
    """The key of a plan, and file and object there, whose code an error names; the first, where it names none."""
    known = [(key, place_of(table)) for key, table in codes_by_key(plan)]
    named = [(key, place) for key, place in known if place and place.rpartition(":")[0] in said]
    exact = [(key, place) for key, place in named if place in said]
    return next(iter([*exact, *named, *known]), ("", ""))


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
        is_jaxs = isinstance(error, jax.errors.JaxRuntimeError)
        said = (raised_in_callback() or failed_in_callback(str(error))) if is_jaxs else None
        if said is not None:
            raise said from None
        raise
