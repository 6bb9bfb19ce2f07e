"""An engine as a process of its own: `python -m sessions.serving.server PATH`.

It owns JAX, the journal and the commands. It lowers its priority, so that faces stay responsive, and goes on when
clients leave. It prints one line: that it listens, or why it can't. Everything else is in the journal.
"""

import argparse
import os
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from sessions.plans.devices import take
from sessions.serving.first_line import FAILED, LISTENING, REFUSED, first_line
from ticket_explorer import own_process
from ticket_explorer.errors import TicketError

if TYPE_CHECKING:
    from sessions.serving.driver import Driver
    from sessions.session.announcer import Subscriber
    from sessions.session.session import Session

NICENESS = 10
LARGEST = 100_000
"""Bytes of what was printed before the session was there that go into its log."""


def main(arguments: list[str] | None = None) -> int:
    """Serve one session until it is stopped; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sessions.serving.server", description=__doc__)
    parser.add_argument("session", type=Path, help="the session's directory")
    parser.add_argument("--create", action="store_true", help="create it first, from a spec as JSON on stdin")
    parser.add_argument("--shared", action="store_true", help="let its directory's group continue what is created")
    parser.add_argument("--device", help="compute on cpu, gpu or gpu:1")
    parser.add_argument("--run", action="store_true", help="run to the end at once instead of waiting paused")
    parser.add_argument(
        "--linger", type=float, metavar="SECONDS", help="end an engine that has been idle without a viewer for so long"
    )
    given = parser.parse_args(arguments)
    try:
        return _serve(given)
    except TicketError as error:
        _say(REFUSED, str(error))
        return 2
    except Exception as error:
        traceback.print_exc()
        _say(FAILED, f"{type(error).__name__}: {error}")
        return 1


def _serve(given: argparse.Namespace) -> int:
    """Serve; JAX is imported here, so that an error in its import is reported like any other."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if given.device is not None:
        take(given.device)
    own_process.settle()
    from sessions.messages.goal import Goal
    from sessions.serving.hosting import end_process, host
    from sessions.session.session import Session

    session = _created(given.session, given.shared) if given.create else Session.open(given.session)
    _take_log(given.session)
    session.subscribe(_rotate_log(session))
    trouble = own_process.cache_trouble()
    if trouble is not None:
        session.remark(trouble)
    driver = host(session, Goal(to_the_end=given.run), True, _announce, given.linger)
    code = 0 if driver.failure is None else 1
    end_process(session, code)
    return code


def _created(path: Path, is_shared: bool) -> "Session":
    from sessions.session.session import Session
    from sessions.specs.spec import parse_spec

    return Session.create(parse_spec(msgspec.json.decode(sys.stdin.buffer.read())), path, is_shared)


def _take_log(path: Path) -> None:
    """Have the log in the session's directory take what this process prints, with what it has printed so far."""
    from sessions.store.engine_log import open_log

    sys.stderr.flush()
    with suppress(OSError):  # a full disk, or one that is only read: the output stays where it is
        log, before = open_log(path), Path(f"/proc/self/fd/{sys.stderr.fileno()}")
        with suppress(OSError):
            if before.is_file():
                os.write(log, before.read_bytes()[-LARGEST:])
        os.write(log, f"{time.strftime('%Y-%m-%d %H:%M:%S')} engine {os.getpid()} has the session\n".encode())
        os.dup2(log, sys.stderr.fileno())
        os.close(log)


def _rotate_log(session: "Session") -> "Subscriber":
    """After each round, go on in a new log if the one there has become large."""
    from sessions.messages.events import RoundFinished
    from sessions.store.engine_log import is_large, log_file, open_log

    def after(event: object, _: bool) -> None:
        with suppress(OSError):
            if isinstance(event, RoundFinished) and is_large(log_file(session.path)):
                log = open_log(session.path)
                for stream in (sys.stdout, sys.stderr):
                    os.dup2(log, stream.fileno())
                os.close(log)

    return after


def _announce(driver: "Driver") -> None:
    _say(LISTENING, str(driver.session.path))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # who started this process may be gone: nobody reads more


def _say(word: str, rest: str) -> None:
    sys.stdout.buffer.write(first_line(word, rest))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
