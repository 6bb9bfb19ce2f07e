"""`open`, `attach`, `replay`, `serve`: the app on a session, or its state as lines of text."""

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sessions.store import SessionDirectory
from sessions.store.lock import is_locked
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.cli import completion
from widgets.cli.app import CLIENT, command_line, session_path, told
from widgets.cli.device import DeviceOption
from widgets.cli.failures import INTERRUPTED
from widgets.cli.in_terminal import require_terminal
from widgets.cli.options import GivenSession
from widgets.cli.output import say, write

if TYPE_CHECKING:
    from widgets.shared.session_link import EngineLink, ReplayLink

HOST = "127.0.0.1"

Plain = Annotated[bool, typer.Option("--plain", help="Lines of text instead of the app.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("open")(open_)
    app.command()(attach)
    app.command()(replay)
    app.command()(serve)


@told
def open_(session: GivenSession, plain: Plain = False, device: DeviceOption = None) -> None:
    """Open a session in the app.

    Joins the engine that runs it. If none runs, the app starts one when you ask for something that needs it; with
    --plain one is started, runs at once, and stops at the session's end. Leaving never stops it, unless you ask.
    """
    path = _existing(session)
    _show_engine(path, plain)


@told
def attach(session: GivenSession, plain: Plain = False) -> None:
    """Open a session that an engine runs already.

    The engine may be that of another terminal, of a notebook, or of a run without a screen. Never starts one.
    """
    path = _existing(session)
    asyncio.run(_refuse_idle(path))
    _show_engine(path, plain)


@told
def replay(
    session: Annotated[
        str | None,
        typer.Argument(
            help="A session's path, or its name; without one, a recorded session.", autocompletion=completion.sessions
        ),
    ] = None,
    speed: Annotated[float, typer.Option(help="Seconds of the session shown per second.")] = 1.0,
    plain: Plain = False,
) -> None:
    """Watch a session's journal again; nothing is computed."""
    from widgets.terminal.recorded import recorded_session

    if not speed > 0:
        raise InvalidValue("--speed", speed, "a number above 0, such as 8")
    path = recorded_session() if session is None else _existing(session)
    if plain:
        from widgets.shared.session_link import ReplayLink

        _tell(ReplayLink(path, speed), "Left the replay.")
    else:
        _show(path, replay=True, speed=speed)


@told
def serve(
    session: Annotated[
        str | None,
        typer.Argument(help="The session to open; by default, the list.", autocompletion=completion.sessions),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8000,
) -> None:
    """Serve the app to a browser on this machine.

    Listens only on the loopback address, and answers nothing without the token in the address that it prints.
    """
    arguments = [] if session is None else ["open", str(_existing(session).absolute())]
    if find_spec("textual_serve") is None:
        raise TicketError("The app is served by textual-serve; install it with: pip install 'ticket-explorer[serve]'")
    from widgets.cli.web_app import serve as serve_app
    from widgets.shared.web_guard import new_token

    token = new_token()
    address = f"http://{HOST}:{port}/{token}/"
    serve_app(arguments, HOST, port, token, lambda: say(f"Open {address} in a browser; Ctrl-C ends."))


def _existing(session: str) -> Path:
    path = session_path(session)
    SessionDirectory.open_for_reading(path)
    return path


async def _refuse_idle(path: Path) -> None:
    from sessions.serving.client import Client
    from sessions.serving.reaching import NotRunning

    try:
        async with Client(path, CLIENT, live_frames=False):
            return
    except NotRunning:
        start = command_line("open", path)
        raise NotRunning(f"No engine runs {path}; nothing was started. Start one with: {start}") from None


def _show_engine(path: Path, plain: bool) -> None:
    if not plain:
        _show(path)
        return
    from widgets.shared.session_link import EngineLink

    is_joined = is_locked(SessionDirectory(path).lock)
    farewell = f"Left; the engine goes on. Come back with: {command_line('attach', path)}"
    _tell(EngineLink(path, run=True, start=not is_joined), farewell, stop=not is_joined)


def _show(path: Path, replay: bool = False, speed: float = 1.0) -> None:
    require_terminal("--plain writes lines of text instead.")
    from widgets.terminal.app import TicketExplorer

    TicketExplorer(path, replay, speed).run()


def _tell(link: "EngineLink | ReplayLink", farewell: str, stop: bool = False) -> None:
    from widgets.cli.plain_text import tell

    write(f"Session {link.path.stem}: {link.header.title}".rstrip(": "))
    try:
        asyncio.run(tell(link, write, stop))
    except KeyboardInterrupt:
        say(farewell)
        raise typer.Exit(INTERRUPTED) from None
