"""A session run in this thread while clients are served, until its goal is reached or it is stopped."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from types import FrameType

from sessions.messages import commands
from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.serving.firewall import logging_to
from sessions.serving.impatience import heard_at_once
from sessions.serving.listener import Listener
from sessions.session.long_runs import watch_over
from sessions.session.session import Session

HEARD = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
"""Signals that end the engine in order, those of a closed terminal and of Slurm too; an ignored one stays ignored."""


def host(
    session: Session,
    goal: Goal,
    stay: bool,
    while_running: Callable[[Driver], None] | None = None,
    linger: float | None = None,
) -> Driver:
    """Run a session in this thread while its listener serves clients.

    In a process's main thread, the signals `HEARD` stop it in order.

    Args:
        session: The session to run; it is closed at the end, whatever happens.
        goal: How far to run at first.
        stay: Whether to wait for commands once the goal is reached.
        while_running: Called once everything is set up, before the first chunk.
        linger: Seconds to stay when there is no viewer and nothing to compute; None stays until it is stopped.

    Returns:
        The driver, which knows if something went wrong.
    """
    driver = Driver(session, goal)
    listener = Listener(driver, linger)
    is_main = threading.current_thread() is threading.main_thread()
    restore = _stop_on_signals(driver) if is_main else _nothing
    try:
        listener.start()
        watch_over(session)  # after the listener, so that viewers hear of an event before what is said about it
        if while_running is not None:
            while_running(driver)
        with logging_to(session.path), heard_at_once(_signals()) if is_main else nullcontext():
            driver.run(stay)
    finally:
        restore()
        reason = "The engine was stopped." if driver.failure is None else str(driver.failure)
        try:
            session.close(leaving=listener.leave)
        finally:
            listener.stop(reason)
    return driver


def _nothing() -> None:
    """Threads other than the main one get no signals, so there is nothing to restore."""


def _stop_on_signals(driver: Driver) -> Callable[[], None]:
    def stop(number: int, frame: FrameType | None) -> None:
        driver.ask(commands.Stop(), client=signal.Signals(number).name)
        signal.signal(number, signal.default_int_handler)

    before = {
        number: signal.signal(number, stop) for number in _signals() if signal.getsignal(number) != signal.SIG_IGN
    }

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def _signals() -> list[signal.Signals]:
    return [signal.Signals[name] for name in HEARD if name in signal.Signals.__members__]


def end_process(session: Session, code: int) -> None:
    """End this process at once if something is still being compiled: Python would wait for it, at times for minutes."""
    if session.compiler.is_busy:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
