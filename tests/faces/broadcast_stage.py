"""A broadcast of a recorded session in this process, and guests that behave as they like."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from sessions.store import SessionDirectory, read_records
from widgets.broadcast.door import Door
from widgets.broadcast.feed import Extra, Feed
from widgets.broadcast.guests import Guests
from widgets.broadcast.news import News, unpacked_news
from widgets.broadcast.server import Broadcast, site
from widgets.terminal.recorded import recorded_session

CODE = "abc234"
Story = Callable[["Stage"], Awaitable[None]]


class Growing:
    """A copy of the recorded session whose journal grows as it is told to."""

    def __init__(self, place: Path) -> None:
        self.path = place / "growing.session"
        shutil.copytree(recorded_session(), self.path)
        self.journal = SessionDirectory(self.path).journal
        self._whole = self.journal.read_bytes()
        self.ends = _ends(self.journal)

    def grow(self, share: float) -> None:
        """Have a share of the journal's records."""
        self.journal.write_bytes(self._whole[: self.ends[round(share * (len(self.ends) - 1))]])


def _ends(journal: Path) -> list[int]:
    """Where each record ends: eight bytes stand before each payload, and before the first."""
    ends = [8]
    for payload in read_records(journal).payloads:
        ends.append(ends[-1] + 8 + len(payload))
    return ends


class Mirror:
    """What a browser has after some messages."""

    def __init__(self) -> None:
        self.charts: dict[int, Any] = {}
        self.columns: dict[int, bytes] = {}
        self.journal: list[Any] = []
        self.news: News | None = None

    def take(self, message: bytes) -> None:
        news, numbers = unpacked_news(message)
        if news.is_whole:
            self.charts, self.columns, self.journal = {}, {}, []
        for number in news.gone[0]:
            del self.charts[number]
        for number in news.gone[1]:
            del self.columns[number]
        self.charts |= news.charts
        self.columns |= {n: numbers[4 * start : 4 * (start + count)] for n, (start, count) in news.columns.items()}
        self.journal += news.journal
        self.news = news

    def shown(self) -> Any:
        """Everything in it, without the numbers by which it is known."""
        assert self.news is not None
        panels = [
            (panel.name, turn.cursor, [[[self._chart(n) for n in stops] for stops in rounds] for rounds in turn.charts])
            for panel in self.news.panels
            for turn in panel.turns
        ]
        return self.news.branches, panels, self.journal

    def _chart(self, number: int) -> Any:
        chart = self.charts[number]
        return json.dumps(chart.head, sort_keys=True), {name: self.columns[n] for name, n in chart.columns.items()}


class Stage:
    """A broadcast that is served."""

    def __init__(self, broadcast: Broadcast, server: TestServer, client: aiohttp.ClientSession) -> None:
        self.broadcast, self.server, self.client = broadcast, server, client

    async def knock(self, **headers: str) -> aiohttp.ClientWebSocketResponse:
        """A connection on which nothing was said."""
        return await self.client.ws_connect(self.server.make_url("/live"), headers=headers, max_msg_size=0)

    async def join(self, code: str = CODE, who: str = "") -> aiohttp.ClientWebSocketResponse:
        """A guest that has said the code, and has been welcomed and told everything."""
        guest = await self.knock()
        await guest.send_json({"join": code, "who": who})
        assert "collects" in await guest.receive_json(timeout=30)
        assert unpacked_news(await guest.receive_bytes(timeout=30))[0].is_whole
        return guest


@asynccontextmanager
async def staged(path: Path, is_lan: bool = False, extra: Extra | None = None, **options: Any) -> AsyncIterator[Stage]:
    """A broadcast of a session; it looks when it is told to."""
    broadcast = Broadcast(Feed(path, extra))
    broadcast.guests = Guests(Door(CODE), broadcast.whole, **options)
    async with TestServer(site(broadcast, is_lan)) as server, aiohttp.ClientSession() as client:
        yield Stage(broadcast, server, client)


def played(path: Path, story: Story, **options: Any) -> None:
    """Have a story happen."""

    async def run() -> None:
        async with staged(path, **options) as stage:
            await asyncio.wait_for(story(stage), 200)

    asyncio.run(run())
