"""The guard of every server that this project starts: it wants a token, and requests from our own pages only.

A browser on this machine opens any page of the web, and each may send requests to loopback addresses. `Origin` says
whose page asks; `Host` says under which name, and another host's name can point here. Both are checked before anything
is handled, and nothing is handled without the token, which is the first part of every path. A page for a whole class
has no token in its address: it asks for a code before it tells anything.
"""

import re
import secrets
import socket
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

NAMES = ("127.0.0.1", "localhost", "[::1]")
"""This machine's names for itself; the port may differ, as through an SSH tunnel."""

_HOST = re.compile(r"([a-z0-9.-]{1,255}|\[::1\])(:[0-9]{1,5})?")
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

    def objection(request: web.Request) -> str | None:
        given = request.path.split("/")[1]
        if not secrets.compare_digest(given.encode(errors="replace"), token.encode()):
            return "The address lacks its token: open the address that was printed when the server started."
        return None

    door = _door(_is_this_machine, objection)
    door.router.add_get(f"/{token}", _to_its_pages)
    door.add_subapp(f"/{token}/", site)
    return door


def guarded_for_all(is_lan: bool) -> web.Application:
    """A server that passes only requests from its own pages on to its routes, which let in those who know a code.

    Args:
        is_lan: Whether it is served under this machine's addresses in its network, too. Under any other name it isn't:
            another host's name could be made to point here.
    """
    return _door(_is_where_it_was_asked if is_lan else _is_this_machine, lambda _: None)


def _door(is_ours: "Own", objection: Callable[[web.Request], str | None]) -> web.Application:
    door = web.Application(middlewares=[_guard(is_ours, objection)], client_max_size=2**16)

    async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(_headers(request.headers.get("Host", "") if _is_named(request, is_ours) else ""))

    door.on_response_prepare.append(set_headers)
    return door


Own = Callable[[web.Request, str], bool]
"""Whether a name, without the port, is one of this server's; asked with the request that has it as its `Host`."""


def _is_this_machine(request: web.Request, name: str) -> bool:
    return name in NAMES


def _is_where_it_was_asked(request: web.Request, name: str) -> bool:
    """Whether a name is the address at which a connection came in, or this machine's own name."""
    reached = None if request.transport is None else request.transport.get_extra_info("sockname")
    host = socket.gethostname().lower().removesuffix(".local")
    return name in NAMES or (reached is not None and name == reached[0]) or name in (host, f"{host}.local")


def _guard(is_ours: Own, objection: Callable[[web.Request], str | None]) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        reason = _stranger(request, is_ours) or objection(request)
        if reason is not None:
            raise web.HTTPForbidden(text=f"{reason}\n")
        return await handler(request)

    return guard


def _stranger(request: web.Request, is_ours: Own) -> str | None:
    """Why a request is not one of our own pages'; None if it is."""
    hosts, origins = request.headers.getall("Host", []), request.headers.getall("Origin", [])
    if len(hosts) != 1 or not _is_named(request, is_ours):
        return "Only this machine is served, under its own name: open the address that was printed."
    if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
        return "Pages of other sites can't use this server."
    return None


def _is_named(request: web.Request, is_ours: Own) -> bool:
    found = _HOST.fullmatch(request.headers.get("Host", "").lower())
    return found is not None and is_ours(request, found[1])


async def _to_its_pages(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(f"{request.path}/")


def _headers(host: str) -> dict[str, str]:
    sockets = f"ws://{host}" if host else ""
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            f"font-src 'self' data:; connect-src 'self' {sockets}; {_NEEDLESS}"
        ),
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
