"""The app in a browser: textual-serve's server behind a guard, with a page that fetches nothing from other hosts."""

import asyncio
import shlex
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from textual_serve.server import Server

from ticket_explorer.child_process import python
from ticket_explorer.errors import TicketError
from widgets.shared.web_guard import guarded

PAGE = Path(__file__).with_name("page")
TITLE = "Ticket Explorer"


async def site(arguments: list[str], host: str, port: int, token: str) -> web.Application:
    """The server, to be run on `host` and `port`.

    Args:
        arguments: The arguments of `ticket-explorer` for each page's app.
        host: The address to listen on.
        port: The port to listen on.
        token: The first part of every path.
    """
    server = Server(
        shlex.join(python("ticket_explorer", *arguments)), host=host, port=port, title=TITLE, templates_path=PAGE
    )
    server.console.quiet = True
    app = await server._make_app()
    app.router.add_static("/page", PAGE)
    return guarded(app, token)


def serve(arguments: list[str], host: str, port: int, token: str, listening: Callable[[], None]) -> None:
    """Serve until Ctrl-C; `listening` is called once it does.

    Raises:
        TicketError: if the port is taken.
    """
    loop = asyncio.new_event_loop()
    try:
        web.run_app(site(arguments, host, port, token), host=host, port=port, loop=loop, print=lambda _: listening())
    except OSError as error:
        raise TicketError(f"Can't listen on {host}:{port}: {error.strerror}. Choose another --port.") from None
