"""`tx.transfer` and its siblings on a path: an engine that runs the session answers, or this process opens it."""

import asyncio
from pathlib import Path
from typing import Any

from sessions.serving import ask
from sessions.serving.client import Client
from sessions.serving.reaching import NotRunning
from sessions.session.session import Session
from sessions.views.reading import read_view

OTHERWISE = {"trainer": {"std_init": 0.1}}


def finished_round(lab: Any) -> Session:
    session: Session = lab.create(pruning={"ratio": 0.3, "rounds": 2})
    session.run_round()
    return session


def test_a_session_that_nobody_runs_is_opened(lab: Any) -> None:
    finished_round(lab).close()
    path = lab.path()
    assert ask.transfer(path, "snr", 0, OTHERWISE, name="mine") == ["mine", "mine-random"]
    assert ask.analyse(str(path), "layers", "snr").kind == "layers"
    assert len(ask.decompose(path, "snr")) == 3


def test_an_open_session_is_asked_itself(lab: Any) -> None:
    with finished_round(lab) as session:
        assert ask.transfer(session, "snr", [0], OTHERWISE, control=False) == ["snr-with-std-init-0.1"]
        assert ask.analyse(session, "layers", "snr").kind == "layers"


def test_an_engine_that_runs_a_session_answers(lab: Any, engines: Any) -> None:
    finished_round(lab).close()
    path = lab.path()
    process = engines.start(path)
    lab.until(lambda: asyncio.run(is_served(path)))
    assert ask.transfer(path, "snr", 0, OTHERWISE, name="theirs") == ["theirs", "theirs-random"]
    assert ask.analyse(path, "layers", "snr").kind == "layers"

    async def within_a_loop() -> list[str]:
        return ask.decompose(path, "snr")  # as in a cell of a notebook

    assert len(asyncio.run(within_a_loop())) == 3
    engines.kill(process)
    assert {"theirs", "theirs-random"} < set(read_view(path).branches)


async def is_served(path: Path) -> bool:
    try:
        async with Client(path, client="test", live_frames=False):
            return True
    except NotRunning:
        return False
