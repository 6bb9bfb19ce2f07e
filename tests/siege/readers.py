"""Everything that looks at a session without computing: what must end in time, with a result or a sentence."""

import io
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np

from sessions.reports.analysis_rows import analysis_table
from sessions.reports.generation_rows import metric_rows
from sessions.reports.session_list import session_state
from sessions.reports.verify_session import verify
from sessions.serving.replay import Replay
from sessions.session.session import Session
from sessions.store import SessionDirectory
from sessions.store.round_file import decode_round
from sessions.views.reading import read_header, read_view
from ticket_explorer.errors import TicketError
from widgets.cli.run import show_result
from widgets.plots import figures
from widgets.plots.html_report import page

SECONDS = 20
"""Of the processor: the most that any reader may take of a small session."""
PATIENCE = 120
"""Seconds that it may take on a busy machine."""


class Waited(BaseException):
    """A reader did not end in time."""


def _list(path: Path) -> None:
    session_state(path)


def _show(path: Path) -> None:
    header = read_header(SessionDirectory.open_for_reading(path))
    view = read_view(path)
    show_result(path, header, view, json=False)
    show_result(path, header, view, json=True)


def _verify(path: Path) -> None:
    verify(path)


def _tables(path: Path) -> None:
    view = read_view(path)
    for _ in metric_rows(view):
        pass
    for found in view.analyses:
        analysis_table(found)
        for _ in found.rows():
            pass


def _report(path: Path) -> None:
    view = read_view(path)
    page(path, read_header(SessionDirectory.open_for_reading(path)), view)


def _replay(path: Path) -> None:
    for _ in Replay(path).take(10**9):
        pass


def _masks(path: Path) -> None:
    view = read_view(path)
    directory = SessionDirectory(path, view.ledger)
    for branch in view.branches.values():
        for number, round_ in branch.rounds.items():
            if round_.finished is not None:
                decode_round(directory.read_round(branch.name, number), path)


def _scrub(path: Path) -> None:
    view = read_view(path)
    for branch in view.branches:
        for number in view.branches[branch].rounds:
            figures.snr_magnitude(view, figures.Selection(branch, number, 3))


READERS: Mapping[str, Callable[[Path], None]] = {
    "list": _list,
    "show": _show,
    "verify": _verify,
    "tables": _tables,
    "report": _report,
    "replay": _replay,
    "masks": _masks,
    "scrubbing": _scrub,
}


def opened(path: Path) -> None:
    """Open a session to go on, and close it again; this writes."""
    Session.open(path).close()


@contextmanager
def in_time(seconds: int = SECONDS) -> Iterator[None]:
    """Raise `Waited` in whatever takes longer."""

    def late(*_: object) -> None:
        raise Waited

    kinds = {signal.ITIMER_REAL: (signal.SIGALRM, PATIENCE), signal.ITIMER_PROF: (signal.SIGPROF, seconds)}
    before = {number: signal.signal(number, late) for number, _ in kinds.values()}
    for timer, (_, limit) in kinds.items():
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for timer in kinds:
            signal.setitimer(timer, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def complaint(read: Callable[[Path], None], path: Path) -> str | None:
    """What is wrong with how a reader takes a session: the end of a traceback, or that it waits; None if nothing is."""
    try:
        with in_time(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), np.errstate(all="ignore"):
            read(path)
    except TicketError as error:
        return None if str(error) else "an empty sentence"
    except Waited:
        return "it waits: " + "".join(traceback.format_exc(limit=-3))
    except BaseException:
        return traceback.format_exc(limit=-4)
    return None
