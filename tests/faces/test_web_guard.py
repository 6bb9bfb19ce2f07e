"""What comes from elsewhere is refused before anything is handled, whatever server stands behind the guard."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from widgets.cli.web_app import site
from widgets.shared.web_guard import guarded

TOKEN = "4aiQVHzV5JofVhiyRhLGRidsaJvvrn8SCXSibNhtE6Y"
"""Of the kind that `new_token` makes; fixed, so that all workers collect the same tests."""


def asked(story: Callable[[aiohttp.ClientSession, TestServer], Awaitable[None]], app: web.Application) -> None:
    async def run() -> None:
        async with TestServer(app) as server, aiohttp.ClientSession() as client:
            await asyncio.wait_for(story(client, server), 30)

    asyncio.run(run())


def counting() -> tuple[web.Application, list[str]]:
    """A site that notes what it was asked."""
    handled: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        handled.append(request.path)
        if "Upgrade" not in request.headers:
            return web.Response(text="ours")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    return guarded(app, TOKEN), handled


HOSTILE = {
    "another site's page": {"Origin": "https://evil.example"},
    "another server of this machine": {"Origin": "http://127.0.0.1:1"},
    "a sandboxed page": {"Origin": "null"},
    "by a name that points here": {"Host": "evil.example"},
    "by a name that looks like ours": {"Host": "127.0.0.1.evil.example"},
    "by a name of ours in another": {"Host": "localhost@evil.example"},
    "both": {"Origin": "http://evil.example:80", "Host": "evil.example:80"},
}


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=HOSTILE)
def test_from_elsewhere_nothing_is_handled(headers: dict[str, str]) -> None:
    app, handled = counting()

    async def story(client: aiohttp.ClientSession, server: TestServer) -> None:
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
            answer = await client.request(method, server.make_url(f"/{TOKEN}/x"), headers=headers)
            assert answer.status == 403
            assert "ours" not in await answer.text()
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await client.ws_connect(server.make_url(f"/{TOKEN}/ws"), headers=headers)

    asked(story, app)
    assert handled == []


@pytest.mark.parametrize("path", ["/", "/ws", "/wrong/ws", f"/{TOKEN[:-1]}/", f"/{TOKEN}x/", f"//{TOKEN}/", "/%C3%BC/"])
def test_without_the_token_nothing_is_handled(path: str) -> None:
    app, handled = counting()

    async def story(client: aiohttp.ClientSession, server: TestServer) -> None:
        for address in (path, f"{path}?token={TOKEN}"):
            assert (await client.get(f"http://127.0.0.1:{server.port}{address}")).status == 403

    asked(story, app)
    assert handled == []


def test_with_it_pages_of_ours_are_served_under_any_name_of_this_machine() -> None:
    app, handled = counting()

    async def story(client: aiohttp.ClientSession, server: TestServer) -> None:
        for host in (f"127.0.0.1:{server.port}", "localhost:9999", "LOCALHOST", "[::1]:80"):
            own = {"Host": host, "Origin": f"http://{host.lower()}"}
            for headers in ({"Host": host}, own):
                answer = await client.get(server.make_url(f"/{TOKEN}/x"), headers=headers)
                assert (answer.status, await answer.text()) == (200, "ours")
                await client.ws_connect(server.make_url(f"/{TOKEN}/ws"), headers=headers)
        assert (await client.get(server.make_url(f"/{TOKEN}"))).url.path == f"/{TOKEN}/"

    asked(story, app)
    assert len(handled) == 17


def test_the_app_s_page_fetches_nothing_from_another_host_and_no_other_page_may_hold_it() -> None:
    async def run() -> None:
        app = await site([], "127.0.0.1", 1, TOKEN)
        async with TestServer(app) as server, aiohttp.ClientSession() as client:
            page = await client.get(server.make_url(f"/{TOKEN}/"))
            text = await page.text()
            assert "http" not in text
            assert "//" not in text.replace("<!DOCTYPE", "")
            policy = page.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self';")
            assert "frame-ancestors 'none'" in policy
            assert f"ws://127.0.0.1:{server.port}" in policy
            for part in ("page/page.css", "page/page.js", "static/js/textual.js", "static/css/xterm.css"):
                assert part in text
                assert (await client.get(server.make_url(f"/{TOKEN}/{part}"))).status == 200
            style = await (await client.get(server.make_url(f"/{TOKEN}/page/page.css"))).text()
            assert style.count("url(") == style.count('url("../static/fonts/') == 2
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await client.ws_connect(server.make_url(f"/{TOKEN}/ws"), headers={"Origin": "https://evil.example"})

    asyncio.run(run())
