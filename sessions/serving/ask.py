"""Questions to a session: its engine answers them if one runs; otherwise the session is opened here briefly.

`tx.analyse`, `tx.transfer`, `tx.decompose` and the command line use this. A session that is open in this process
answers itself. JAX is loaded only if no engine answers.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from sessions.messages import commands
from sessions.messages.events import Analysed, Analysing
from sessions.serving.client import Client
from sessions.serving.reaching import NotRunning
from sessions.session.verbs import name_it, spoken, unfolded
from sessions.specs.validation import checked
from ticket_explorer.errors import TicketError

if TYPE_CHECKING:
    from sessions.session.session import Session

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def answer(path: Path, command: commands.Deed[Any], client: str = "python") -> dict[str, Any]:
    """The answer of a session on disk to a command.

    Args:
        path: The session's directory.
        command: The command to carry out.
        client: Who asks, for the journal.

    Raises:
        TicketError: if it can't be done.
    """
    try:
        return _run(_answer_of_engine(path, command, client))
    except NotRunning:
        from sessions.session.session import Session

        with Session.open(path) as opened:
            return command.told(opened.perform(command))


def analysed(path: Path, wanted: Sequence[commands.Analyse], client: str = "python") -> list[Analysed]:
    """The results of analyses of a session on disk, in the order of the requests.

    Raises:
        TicketError: if one can't be done.
    """
    try:
        return _run(_analyses_of_engine(path, wanted, client))
    except NotRunning:
        from sessions.session.session import Session

        with Session.open(path) as opened:
            return [opened.found(one) for one in wanted]


def _verb(name: str, kind: Callable[P, commands.Deed[R]]) -> Callable[Concatenate["Session | Path | str", P], R]:
    """A function that has a session, or the session at a path, carry out a command."""
    function = spoken(kind, _answered, "session")
    name_it(function, __name__, name)
    return function


def _answered(session: "Session | Path | str", deed: commands.Deed[R]) -> R:
    return deed.heard(answer(Path(session), deed)) if isinstance(session, str | Path) else session.perform(deed)


def analyse(
    session: "Session | Path | str", kind: str, branch: str, round: int | None = None, **parameters: Any
) -> Analysed:
    """Analyse a branch's weights; `found.array(name)` has the numbers.

    Args:
        session: A session, or its path.
        kind: `snr`, `layers`, `curvature`, `hessian`, `surface`, `connectivity`, `instability`, `comparison` or
            `decomposition`.
        branch: The branch whose weights are analysed.
        round: A finished round; None is the running one, or else the last finished one.
        **parameters: The analysis's settings, such as `directions=10`.

    Raises:
        TicketError: if it can't be done.
    """
    if isinstance(session, str | Path):
        wanted = checked(unfolded(commands.Analyse(kind, branch, round, parameters)))
        return analysed(Path(session), [wanted])[0]
    return session.analyse(kind, branch, round, parameters)


transfer = _verb("transfer", commands.Transfer)
decompose = _verb("decompose", commands.Decompose)


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Wait for a coroutine; in a thread of its own if this one already runs a loop, as a notebook's does."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(asyncio.run, coroutine).result()


async def _answer_of_engine(path: Path, command: commands.Command, name: str) -> dict[str, Any]:
    async with Client(path, client=name, live_frames=False) as client:
        return await client.ask(command)


async def _analyses_of_engine(path: Path, wanted: Sequence[commands.Analyse], name: str) -> list[Analysed]:
    async with Client(path, client=name, live_frames=False) as client:
        numbers = [(await client.ask(one))["id"] for one in wanted]
        missing = set(numbers)
        async for event in client.stream():
            if isinstance(event, Analysed):
                missing.discard(event.id)
            elif isinstance(event, Analysing) and event.id in missing and event.ended:
                raise TicketError(f"The {event.kind} of {event.branch} was not computed: {event.ended}")
            if not missing:
                return [next(known for known in client.view.analyses if known.id == number) for number in numbers]
    raise TicketError(f"The engine has ended: {client.farewell}. Ask again, and the analysis is computed here.")
