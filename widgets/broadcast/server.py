"""The server of a broadcast: looks at the session now and then, and tells browsers what has changed.

How often it looks is set by what looks cost, so that they take a tenth of a core, however large the session is.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from ticket_explorer.errors import TicketError
from widgets.broadcast.feed import Feed
from widgets.broadcast.guests import Guests
from widgets.canvas.browser_module import ESM, joined
from widgets.shared.web_guard import guarded_for_all

HERE = Path(__file__).parent
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
SHARE = 0.1
"""The share of a core that looking may take."""
SAVED = 3.0
"""Seconds of looking that may be saved up: the end of a round costs more than what is between."""
SOONEST, LATEST = 1.0, 30.0
"""Seconds between two looks."""


class Broadcast:
    """One session that is shown to many."""

    def __init__(self, feed: Feed) -> None:
        """Show what a feed tells; `guests` is set before anybody comes."""
        self._feed, self._reading = feed, asyncio.Lock()
        self._whole: list[bytes] = []
        """What somebody who comes in now gets: everything, and what has changed since."""
        self.guests: Guests

    async def run(self, seen: Callable[[], None] = lambda: None) -> None:
        """Look until cancelled; `seen` is called after each look."""
        await self.look()
        saved, before = SAVED, time.monotonic()
        while True:
            seen()
            await asyncio.sleep(min(max(-saved / SHARE, SOONEST), LATEST))
            cost = await self.look()
            now = time.monotonic()
            saved, before = min(saved + SHARE * (now - before), SAVED) - cost, now

    async def look(self) -> float:
        """Look once, and tell everybody; returns the seconds of processor time that it took."""
        async with self._reading:
            message, cost = await asyncio.to_thread(self._looked)
            if message is not None:
                self._whole.append(message)
                self.guests.tell(message)
        return cost

    def _looked(self) -> tuple[bytes | None, float]:
        began = time.thread_time()
        message = self._feed.look()
        return message, time.thread_time() - began

    async def whole(self) -> list[bytes]:
        """What somebody who comes in now has missed. Nothing is told between this and its return."""
        async with self._reading:
            first, later = self._whole[:1], self._whole[1:]
            if not first or len(later) > 20 or sum(map(len, later)) > len(first[0]) / 2:
                if not first:
                    await asyncio.to_thread(self._feed.look)
                self._whole = [await asyncio.to_thread(self._feed.whole)]
            return [*self._whole]


def site(broadcast: Broadcast, is_lan: bool) -> web.Application:
    """The application: a page that asks for the code, its script and style, and the socket.

    Args:
        broadcast: What is shown.
        is_lan: Whether it is served under this machine's addresses in its network, too.
    """
    texts = {
        "/": ((HERE / "page.html").read_text("utf-8"), "text/html"),
        "/live.css": (_style(), "text/css"),
        "/live.js": (joined(ESM, "live"), "text/javascript"),
    }
    app = guarded_for_all(is_lan)
    for path, (text, kind) in texts.items():
        app.router.add_get(path, _page(text, kind))
    app.router.add_get("/live", broadcast.guests.receive)
    return app


def _style() -> str:
    files = (ESM / "chart.css", HERE.parent / "replay_page" / "page.css", HERE / "live.css")
    return "".join(file.read_text("utf-8") for file in files)


def _page(text: str, kind: str) -> Handler:
    async def page(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type=kind)

    return page


async def serve(
    broadcast: Broadcast, port: int, is_lan: bool, listening: Callable[[int], None], seen: Callable[[], None]
) -> None:
    """Serve until cancelled.

    Args:
        broadcast: What is shown.
        port: The port to listen on; 0 takes a free one.
        is_lan: Whether to listen on the network, rather than for this machine only.
        listening: Called with the port once it listens.
        seen: Called after each look at the session.

    Raises:
        TicketError: if the port is taken.
    """
    host = EVERYWHERE if is_lan else LOOPBACK
    runner = web.AppRunner(site(broadcast, is_lan), access_log=None, shutdown_timeout=1.0, keepalive_timeout=20.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise TicketError(f"Can't listen on {host}:{port}: {error.strerror}. Choose another --port.") from None
        listening(runner.addresses[0][1])
        await broadcast.run(seen)
    finally:
        await broadcast.guests.close()
        await runner.cleanup()


def addresses(is_lan: bool) -> list[str]:
    """The addresses under which this machine is reached: in its network, or only by itself."""
    if not is_lan:
        return [LOOPBACK]
    found = dict.fromkeys((*_towards_others(), *_named()))
    return [address for address in found if not address.startswith("127.")] or [socket.gethostname()]


def _towards_others() -> list[str]:
    """The address that packets to other machines carry. None is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
            return [str(asking.getsockname()[0])]
        except OSError:
            return []


def _named() -> list[str]:
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    except OSError:
        return []
