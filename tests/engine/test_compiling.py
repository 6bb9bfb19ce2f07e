"""Whoever watches hears what is compiled while the session waits for it, and never from the journal."""

import numpy as np
import pytest

import sessions.engine.engine
from sessions.messages import events
from sessions.tickets import compiler
from sessions.tickets.compiler import Compiler
from sessions.views.reading import read_view


class NotAhead(Compiler):
    """Compiles nothing before it is asked for."""

    def prefetch(self, key, call):
        pass

    begin = prefetch


@pytest.fixture
def told(lab, monkeypatch):
    """All that a session of one generation told, with whether it was journalled."""
    monkeypatch.setattr(sessions.engine.engine, "Compiler", NotAhead)
    monkeypatch.setattr(compiler, "EXECUTABLES", compiler.Executables())
    heard: list[tuple[events.Event, bool, events.Compiling | None]] = []
    with lab.create() as session:
        session.subscribe(lambda event, journalled: heard.append((event, journalled, session.view.compiling)))
        session.step(1)
        path = session.path
    return heard, path


def test_what_is_waited_for_is_told_live_and_ends(told):
    heard, path = told
    compiling = [
        (event, journalled, shown) for event, journalled, shown in heard if isinstance(event, events.Compiling)
    ]
    assert [event.what for event, _, _ in compiling] == [
        "initial weights",
        "",
        "the start of a round of fashion",
        "",
        "generations of fashion",
        "",
    ]
    assert not any(journalled for _, journalled, _ in compiling)
    assert all(shown is (event if event.what else None) for event, _, shown in compiling)
    assert read_view(path).compiling is None
    assert not any(isinstance(event, events.Compiling) for event in read_view(path).history)


def test_what_is_begun_is_told_while_it_is_traced_and_compiled_once():
    told, traced = [], []

    def doubled(x):
        traced.append(x)
        return 2 * x

    compiler = Compiler(told.append)
    for _ in range(2):
        compiler.begin(("double",), lambda: (doubled, np.float32(1)))
    begun = list(told)
    executable = compiler.get(("double",), lambda: pytest.fail("it is compiled already"))
    assert executable(np.float32(4)) == 8
    assert begun == [("double",), None]
    assert len(traced) == 1
    compiler.close()
