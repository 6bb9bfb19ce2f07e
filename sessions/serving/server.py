"""An engine as a process of its own: `python -m sessions.serving.server PATH`.

It owns JAX, the journal and the commands. It lowers its priority, so that faces stay quick, and goes
on when clients leave. Its output is one line when it listens; everything else is in the journal.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import msgspec

from sessions.messages import commands
from sessions.serving.driver import Driver, Goal
from sessions.serving.listener import Listener
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from ticket_explorer.errors import TicketError

NICENESS = 10


def host(
    session: Session,
    goal: Goal,
    stay: bool,
    while_running: Callable[[Driver], None] | None = None,
    linger: float | None = None,
) -> Driver:
    """Run a session in this thread while its listener serves clients.

    In a process's main thread, SIGINT and SIGTERM stop it in order.

    Args:
        session: To be run; it is closed at the end, whatever happens.
        goal: How far to run at first.
        stay: Whether to wait for commands once the goal is reached.
        while_running: Called once everything is set up, before the first chunk.
        linger: Seconds to stay when nobody watches and nothing is to be computed; None stays until it is stopped.

    Returns:
        The driver, which knows if something went wrong.
    """
    driver = Driver(session, goal)
    listener = Listener(driver, linger)
    restore = _stop_on_signals(driver) if threading.current_thread() is threading.main_thread() else _nothing
    try:
        listener.start()
        if while_running is not None:
            while_running(driver)
        driver.run(stay)
    finally:
        restore()
        reason = "The engine was stopped." if driver.failure is None else str(driver.failure)
        try:
            session.close()
        finally:
            listener.stop(reason)
    return driver


def main(arguments: list[str] | None = None) -> int:
    """Serve one session until somebody stops it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sessions.serving.server", description=__doc__)
    parser.add_argument("session", type=Path, help="the session's directory")
    parser.add_argument("--create", action="store_true", help="make it first, from a spec as JSON on stdin")
    parser.add_argument("--run", action="store_true", help="run to the end at once instead of waiting paused")
    parser.add_argument(
        "--linger", type=float, metavar="SECONDS", help="end when so long nobody watched an idle engine"
    )
    given = parser.parse_args(arguments)
    os.nice(NICENESS)
    try:
        session = _created(given.session) if given.create else Session.open(given.session)
        driver = host(session, Goal(to_the_end=given.run), True, _announce, given.linger)
    except TicketError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if driver.failure is None else 1


def _created(path: Path) -> Session:
    return Session.create(parse_spec(msgspec.json.decode(sys.stdin.buffer.read())), path)


def _announce(driver: Driver) -> None:
    print(f"listening {driver.session.path}", flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # who started this process may be gone: nobody reads more


def _nothing() -> None:
    """Other threads get no signals."""


def _stop_on_signals(driver: Driver) -> Callable[[], None]:
    def stop(number: int, frame: FrameType | None) -> None:
        driver.ask(commands.Stop(), client=signal.Signals(number).name)
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


if __name__ == "__main__":
    sys.exit(main())
