"""Looking at a session takes no engine: one is started when something needs it, which is said."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from sessions.messages import commands
from sessions.session.session import Session
from sessions.views.reading import read_view
from tests.engine.served import Engine
from tests.faces.conftest import GOLDEN
from ticket_explorer.errors import TicketError
from widgets.notebook.attachment import Attachment
from widgets.notebook.live_session import LiveSession
from widgets.shared.session_link import Condition, EngineLink
from widgets.terminal.app import TicketExplorer
from widgets.terminal.screens.explorer import Explorer
from widgets.terminal.screens.explorer_requests import STARTING
from widgets.terminal.status import Headline, ProgressLines

pytestmark = pytest.mark.thorough

LOOKING = "left right comma full_stop end right_square_bracket v w 2 5 8 0 slash escape m m l question_mark escape"
"""Keys that only look."""


class Engines:
    """Starts an engine in a thread of this process; takes note of each."""

    def __init__(self) -> None:
        self.started: list[Engine] = []

    async def launch(self, path: Path, run: bool, new: Any) -> None:
        self.started.append(await asyncio.to_thread(lambda: Engine(Session.open(path))))

    def stop(self) -> None:
        for engine in self.started:
            engine.stop()


@pytest.fixture
def paused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session that is paused, without an engine; the layout that is chosen is remembered for this test alone."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    return Path(shutil.copytree(GOLDEN, tmp_path / "paused.session"))


def explore(path: Path, script: Callable[[Explorer, Pilot[None], Engines], Awaitable[None]]) -> None:
    async def story() -> None:
        app, engines = TicketExplorer(), Engines()
        async with app.run_test(size=(120, 36)) as pilot:
            screen = Explorer(EngineLink(path, launch=engines.launch, rests=True), app.remembered)
            await app.push_screen(screen)
            await pilot.pause()
            await script(screen, pilot, engines)
        await asyncio.to_thread(engines.stop)

    asyncio.run(story())


def test_who_only_looks_starts_no_engine(paused: Path) -> None:
    async def script(screen: Explorer, pilot: Pilot[None], engines: Engines) -> None:
        for key in LOOKING.split():
            await pilot.press(key)
        assert screen.link.condition is Condition.RESTING
        assert engines.started == []
        assert "paused" in str(screen.query_one(Headline).render())
        assert "no engine runs" in str(screen.query_one(ProgressLines).render())

    explore(paused, script)


def test_what_needs_an_engine_starts_one_and_is_done(paused: Path) -> None:
    async def script(screen: Explorer, pilot: Pilot[None], engines: Engines) -> None:
        await pilot.press("n", "h", "i", "enter")
        while not screen.link.view.says("hi"):
            await pilot.pause(0.05)
        assert screen.link.condition is Condition.ATTACHED
        assert STARTING in [notification.message for notification in pilot.app._notifications]
        assert len(engines.started) == 1

    explore(paused, script)
    assert read_view(paused).says("hi")


def test_an_engine_that_somebody_else_starts_is_joined(paused: Path) -> None:
    async def script(screen: Explorer, pilot: Pilot[None], engines: Engines) -> None:
        await engines.launch(paused, False, None)
        while screen.link.condition is not Condition.ATTACHED:
            await pilot.pause(0.05)

    explore(paused, script)


def test_a_notebook_starts_one_only_for_what_needs_it(paused: Path) -> None:
    async def story() -> None:
        engines = Engines()
        link = EngineLink(paused, client="notebook", launch=engines.launch, rests=True)
        session = LiveSession(Attachment(link))
        await session.pause_async()
        await session.stop_async()
        assert engines.started == []
        await session.note_async("hi")
        assert len(engines.started) == 1
        await session.close_async()
        await asyncio.to_thread(engines.stop)

    asyncio.run(story())


def test_without_an_engine_a_link_says_so(paused: Path) -> None:
    async def story() -> None:
        link = EngineLink(paused, rests=True)
        await link.connect()
        assert link.condition is Condition.RESTING
        with pytest.raises(TicketError, match="No engine runs this session yet"):
            await link.ask(commands.Pause())

    asyncio.run(story())
