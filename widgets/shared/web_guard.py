"""The guard of every server that this project starts: it wants a token, and requests from our own pages only.

A browser on this machine opens any page of the web, and each may send requests to loopback addresses. `Origin` says
whose page asks; `Host` says under which name, and another host's name can point here. Both are checked before anything
is handled, and nothing is handled without the token, which is the first part of every path.
"""

import re
import secrets

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

NAMES = ("127.0.0.1", "localhost", "[::1]")
"""This machine's names for itself; the port may differ, as through an SSH tunnel."""

_HOST = re.compile(rf"({'|'.join(map(re.escape, NAMES))})(:[0-9]{{1,5}})?")
_NEEDLESS = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def new_token() -> str:
    """A token that opens a server, for its address."""
    return secrets.token_urlsafe(32)


def guarded(site: web.Application, token: str) -> web.Application:
    """A server that passes only requests from this machine's own pages, with the token, on to `site`.

    Args:
        site: The application; its paths are below `/TOKEN`.
        token: The token, from `new_token`.
    """
    door = web.Application(middlewares=[_guard(token)])
    door.router.add_get(f"/{token}", _to_its_pages)
    door.add_subapp(f"/{token}/", site)
    door.on_response_prepare.append(_set_headers)
    return door


def _guard(token: str) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        reason = _objection(request, token)
        if reason is not None:
            raise web.HTTPForbidden(text=f"{reason}\n")
        return await handler(request)

    return guard


def _objection(request: web.Request, token: str) -> str | None:
    """Why a request is not handled; None if it is."""
    hosts, origins = request.headers.getall("Host", []), request.headers.getall("Origin", [])
    if len(hosts) != 1 or _HOST.fullmatch(hosts[0].lower()) is None:
        return "Only this machine is served, under its own name: open the address that was printed."
    if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
        return "Pages of other sites can't use this server."
    given = request.path.split("/")[1]
    if not secrets.compare_digest(given.encode(errors="replace"), token.encode()):
        return "The address lacks its token: open the address that was printed when the server started."
    return None


async def _to_its_pages(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(f"{request.path}/")


async def _set_headers(request: web.Request, response: web.StreamResponse) -> None:
    host = request.headers.get("Host", "")
    sockets = f"ws://{host}" if _HOST.fullmatch(host) else ""
    response.headers.update(
        {
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
                f"font-src 'self' data:; connect-src 'self' {sockets}; {_NEEDLESS}"
            ),
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
    )
