"""Signals are heard while an executable is waited for, however long it takes to compile."""

import signal
import threading
import time
from typing import Any

import numpy as np
import pytest

from sessions.serving.driver import Goal
from sessions.serving.hosting import HEARD, host
from sessions.tickets import compiler
from sessions.tickets.compiler import Compiler, Executables, GivenUp
from sessions.views.reading import read_view


@pytest.mark.parametrize("is_begun", [False, True])
def test_who_waits_can_be_told_not_to(monkeypatch: pytest.MonkeyPatch, is_begun: bool) -> None:
    ended = threading.Event()
    monkeypatch.setattr(compiler, "_compile", lambda call: ended.wait(20))
    compiling = Compiler(executables=Executables())
    if is_begun:
        compiling.prefetch(("slow",), lambda: (abs, np.float32(1)))
    threading.Timer(0.1, compiling.give_up).start()
    with pytest.raises(GivenUp):
        compiling.get(("slow",), lambda: (abs, np.float32(1)))
    assert compiling.is_busy
    ended.set()
    compiling.close()


@pytest.mark.parametrize("name", HEARD)
def test_a_signal_that_comes_while_something_is_compiled_stops_in_order(
    lab: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ended, came = threading.Event(), []

    def come() -> None:
        came.append(time.monotonic())
        if len(came) == 1:  # others are compiled ahead
            signal.raise_signal(signal.Signals[name])

    def compile_(call: Any) -> None:
        threading.Timer(0.1, come).start()
        ended.wait(30)

    monkeypatch.setattr(compiler, "_compile", compile_)
    monkeypatch.setattr(compiler, "EXECUTABLES", Executables())
    monkeypatch.setattr("sessions.engine.engine.Compiler", Compiler)
    session = lab.create()
    before = signal.getsignal(signal.Signals[name])
    host(session, Goal(to_the_end=True), stay=False)
    seconds = time.monotonic() - came[0]
    ended.set()
    print(f"{name} was heard, and the session closed, within {seconds:.2f} s")
    assert seconds < 5
    assert signal.getsignal(signal.Signals[name]) == before
    view = read_view(session.path)
    assert (view.state, view.commands[-1].client) == ("paused", name)


def test_what_is_ignored_stays_so(lab: Any) -> None:
    """As by `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        host(lab.create(), Goal(), False, lambda driver: signal.raise_signal(signal.SIGHUP))
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
