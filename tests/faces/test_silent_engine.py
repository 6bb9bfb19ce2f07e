"""An engine that is suspended, that doesn't answer, or that pauses after its chunk: each shows as what it is."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sessions.messages import commands
from tests.faces.conftest import GOLDEN
from widgets.notebook import controls
from widgets.notebook.attachment import Attachment
from widgets.shared import session_link
from widgets.shared.session_link import Condition, EngineLink, ReplayLink
from widgets.terminal.status import _state


class Engine:
    """Stands for a client whose engine answers when it is let."""

    farewell = "over"

    def __init__(self) -> None:
        self.answered, self.ended = asyncio.Event(), asyncio.Event()

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        await self.answered.wait()
        return {}

    async def stream(self) -> Any:
        await self.ended.wait()
        return
        yield


@pytest.mark.parametrize(
    ("suspended", "answering", "said"),
    [(True, True, "✗ engine suspended"), (False, False, "✗ engine not answering"), (False, True, "❚❚ pausing …")],
)
def test_it_shows_and_passes(suspended: bool, answering: bool, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answers(path: Path, client: str) -> bool:
        return answering

    monkeypatch.setattr(session_link, "is_suspended", lambda path: suspended)
    monkeypatch.setattr(session_link, "answers", answers)
    monkeypatch.setattr(session_link, "LOOKS", 0.001)
    monkeypatch.setattr(session_link, "OWED", 0.0)

    async def story() -> None:
        link, engine, shown = EngineLink(GOLDEN), Engine(), set[str]()
        link._client, link.condition = engine, Condition.ATTACHED  # type: ignore[assignment]
        link.view.state = "running"
        seen = asyncio.Event()

        def moved() -> None:
            shown.add(_state(link)[0])
            assert _state(link)[0] in controls._state(link)
            if said in shown:
                seen.set()

        following = asyncio.create_task(link.follow(lambda event: None, moved))
        await asyncio.sleep(0)
        asking = asyncio.create_task(link.ask(commands.Pause()))
        await asyncio.wait_for(seen.wait(), 10)
        monkeypatch.setattr(session_link, "is_suspended", lambda path: False)
        engine.answered.set()
        await asking
        assert (link.silence, link.is_pausing) == ("", False)
        assert _state(link)[0] == "● running"
        engine.ended.set()
        await following

    asyncio.run(story())


def test_a_replay_is_never_silent() -> None:
    link = ReplayLink(GOLDEN)
    assert (link.silence, link.is_pausing) == ("", False)


class RestartedLink(EngineLink):
    """A link whose engine ends, and is started again by somebody else."""

    def __init__(self) -> None:
        super().__init__(GOLDEN)
        self.joined, self.ended, self.started = 0, asyncio.Event(), asyncio.Event()

    async def connect(self, run: bool = False, start: bool = False) -> None:
        self.joined, self.condition = self.joined + 1, Condition.ATTACHED

    async def follow(self, told: Any, moved: Any = None) -> None:
        await self.ended.wait()
        self.ended.clear()
        self.condition = Condition.GONE

    async def until_started(self) -> None:
        await self.started.wait()


def test_a_notebook_follows_the_engine_that_another_viewer_starts() -> None:
    async def story() -> None:
        link = RestartedLink()
        attachment = Attachment(link)
        await attachment.ready()
        link.ended.set()
        await attachment.parted()
        assert link.joined == 1
        link.started.set()
        while not attachment.is_attached:
            await asyncio.sleep(0)
        assert link.joined == 2
        await attachment.close()

    asyncio.run(asyncio.wait_for(story(), 20))
