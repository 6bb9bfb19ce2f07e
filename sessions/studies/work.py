"""What a worker does with a cell: opens its session, advances it by about a round, closes it.

The session is what remembers: a worker that is killed in the middle costs the running chunk, and the next one goes on
bit for bit. Whatever goes wrong is an answer, never an exception: answers travel between processes. JAX is loaded by
the first cell.
"""

import os
import platform
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from sessions.reports.session_list import SessionState, state_of
from sessions.specs.spec import Spec, parse_spec
from sessions.store.errors import DiskFull, SessionExists, SessionLocked
from sessions.studies.analysing import analyse, left_to_analyse
from sessions.studies.records import AnalysisOf
from ticket_explorer.errors import TicketError, unforeseen

if TYPE_CHECKING:
    from sessions.session.session import Session

PIECE_SECONDS = 20.0
"""Seconds that a piece takes at least: short rounds are put together."""

LOG_NAME = "workers.log"
"""Where tracebacks of unexpected errors go, in a study's directory."""

Came: TypeAlias = Literal["advanced", "taken", "stopped", "failed", "lost"]
"""`taken`: another process has the session. `stopped`: this worker is to end; there may be progress. `lost`: the
scheduler is gone, or the disk is full: the cell is as it was, and the run can't go on."""

EMPTY = msgspec.msgpack.encode([])
"""No analyses."""

_stopping = threading.Event()
_at_work: list["Session"] = []


@dataclass(frozen=True)
class Job:
    """A piece of work to do."""

    cell: str
    path: str
    """Its session's directory."""
    spec: bytes
    """Its spec, a table as msgpack."""
    analyses: bytes = EMPTY
    """What is analysed when it is finished: a list of `AnalysisOf` as msgpack."""
    kind: str = ""
    """The kind of workers that it began with, `cpu-1`; empty: any."""


@dataclass(frozen=True)
class Answer:
    """What came of a job."""

    cell: str
    came: Came
    why: str = ""
    """Why it failed."""
    machine: str = ""
    pid: int = 0
    device: str = ""
    began: float = 0.0
    seconds: float = 0.0
    generations: int = 0
    left: int = 0
    is_analysed: bool = True
    """Whether nothing is left to analyse."""
    state: SessionState | None = None
    """How far the session is; None if it could not be opened."""
    journal_bytes: int = 0


@dataclass(frozen=True)
class Question:
    """Whether a cell can work here."""

    cell: str
    spec: bytes
    """Its spec, a table as msgpack."""


def stop() -> None:
    """Have this worker rest: the running chunk is finished, a checkpoint is written, and no executable is awaited."""
    _stopping.set()
    for session in tuple(_at_work):
        session.compiler.give_up()


def is_stopping() -> bool:
    """Whether this process's worker is to rest."""
    return _stopping.is_set()


def check(question: Question) -> Answer:
    """Whether a cell's session could be made here: its extras, its data, its sizes. Nothing is written."""
    try:
        from sessions.engine.device import check_device
        from sessions.plans.problems import Problems, spec_taken_up
        from sessions.session.branches import check_spec

        check_device()
        problems = Problems()
        spec = spec_taken_up(_spec(question.spec))
        problems.replicates = spec.replicates
        check_spec(spec, problems)
        problems.close()
    except TicketError as error:
        return _answer(question.cell, "failed", str(error))
    except Exception as error:
        return _answer(question.cell, "failed", _unexpected(error, "The check stopped"))
    return _answer(question.cell, "advanced")


def work(job: Job) -> Answer:
    """Advance a cell by about a round."""
    began = time.time()
    if is_stopping():
        return _answer(job.cell, "stopped")
    try:
        session = _opened(job)
    except (SessionLocked, SessionExists):
        return _answer(job.cell, "taken")
    except DiskFull as error:
        return _answer(job.cell, "lost", str(error))
    except TicketError as error:
        return _answer(job.cell, "failed", str(error))
    except Exception as error:
        return _answer(job.cell, "failed", _unexpected(error, "The session could not be opened"))
    done = session.view.generations_done
    wanted = msgspec.msgpack.decode(job.analyses, type=list[AnalysisOf])
    came, why = _worked(session, wanted)
    view, path = session.view, session.path
    return _answer(
        job.cell,
        came,
        why,
        device=_device(),
        began=began,
        seconds=time.time() - began,
        generations=view.generations_done - done,
        left=view.generations_left,
        is_analysed=not left_to_analyse(view, wanted),
        state=state_of(path, session.header, view, view.state),
        journal_bytes=session.journal_end,
    )


def _worked(session: "Session", wanted: Sequence[AnalysisOf]) -> tuple[Came, str]:
    """Advance an open session and close it; what came of it, and why it failed."""
    from sessions.tickets.compiler import GivenUp

    _at_work.append(session)
    came: Came = "advanced"
    why = ""
    try:
        _advance(session, wanted)
    except GivenUp:
        pass
    except DiskFull as error:
        came, why = "lost", str(error)
    except TicketError as error:
        came, why = "failed", str(error)
        if not session.is_finished:
            session.interrupt(why)
    except Exception as error:
        came, why = "failed", _unexpected(error, "The session stopped")
        session.fail(why)
    finally:
        _at_work.remove(session)
    try:
        session.close("" if came == "advanced" else why)
    except DiskFull as error:
        came, why = "lost", str(error)
    except TicketError as error:
        came, why = "failed", why or str(error)
    is_done = session.is_finished and not left_to_analyse(session.view, wanted)
    return ("stopped" if is_stopping() and came == "advanced" and not is_done else came), why


def _advance(session: "Session", wanted: Sequence[AnalysisOf]) -> None:
    """Run to the end of a round, or of several short ones; to the session's end if it has no further round.

    Raises:
        TicketError: if the session can't go on, or has ended with a failed branch.
    """
    until = time.monotonic() + PIECE_SECONDS
    while not session.is_finished and not is_stopping():
        finished = _rounds(session)
        session.pulse()
        if time.monotonic() >= until and _rounds(session) > finished:
            break
    if session.is_finished:
        session.run()  # analyses that are still to be done, and what failed
        analyse(session, wanted, is_stopping)


def _opened(job: Job) -> "Session":
    """The cell's session; a new one if there is none.

    Raises:
        SessionLocked: if another process has it.
        SessionExists: if another process just made it.
        TicketError: if it can't be made or opened.
    """
    from sessions.session.session import Session

    path = Path(job.path)
    spec = _spec(job.spec)
    if not path.exists():
        try:
            return Session.create(spec, path)
        except TicketError:
            if path.exists():
                raise SessionExists(path) from None
            raise
    session = Session.open(path)
    try:
        _lengthen(session, spec)
    except BaseException:
        session.close()
        raise
    return session


def _lengthen(session: "Session", spec: Spec) -> None:
    """Give branches the rounds that the study has been given since the session began."""
    begun = {branch.name: branch.plan.pruning.rounds for branch in session.spec.branches}
    for branch in spec.branches:
        rounds, known = branch.plan.pruning.rounds, session.view.branches.get(branch.name)
        if known is not None and rounds > max(known.planned_rounds, begun.get(branch.name, rounds)):
            session.set_pruning(branch.name, {"rounds": rounds})


def _rounds(session: "Session") -> int:
    """How many rounds are finished, or will never be because their branch has failed."""
    branches = session.view.branches.values()
    finished = sum(round_.finished is not None for branch in branches for round_ in branch.rounds.values())
    return finished + sum(branch.failed is not None for branch in branches)


def _spec(packed: bytes) -> Spec:
    return parse_spec(msgspec.msgpack.decode(packed))


def _unexpected(error: Exception, what: str) -> str:
    """The sentence for an unexpected error, whose traceback goes to the study's log."""
    return f"{unforeseen(error, what).said} {LOG_NAME} in the study's directory says more."


def _device() -> str:
    import jax

    return str(jax.default_backend())


def _answer(cell: str, came: Came, why: str = "", **more: object) -> Answer:
    return Answer(cell, came, why, platform.node(), os.getpid(), **more)  # type: ignore[arg-type]
