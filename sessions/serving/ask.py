"""Questions to a session, whoever runs it: its engine answers them, or else it is opened here for a moment.

`tx.analyse`, `tx.transfer` and `tx.decompose` ask so, and the command line; a session that is open in this process is
asked itself. JAX is loaded only where no engine answers.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sessions.messages import commands
from sessions.messages.events import Analysed, Analysing
from sessions.serving.client import Client
from sessions.serving.reaching import NotRunning
from sessions.specs.validation import convert
from ticket_explorer.errors import TicketError

if TYPE_CHECKING:
    from sessions.session.session import Session

T = TypeVar("T")


def answer(path: Path, command: commands.Command, client: str = "python") -> dict[str, Any]:
    """What a session on disk answers to a command.

    Args:
        path: The session's directory.
        command: One that doesn't say how far to run.
        client: Who asks, for the journal.

    Raises:
        TicketError: if it can't be done.
    """
    try:
        return _run(_answer_of_engine(path, command, client))
    except NotRunning:
        from sessions.serving.driver import perform
        from sessions.session.session import Session

        with Session.open(path) as opened:
            return perform(opened, command)


def analysed(path: Path, wanted: Sequence[commands.Analyse], client: str = "python") -> list[Analysed]:
    """What analyses of a session on disk find, in the order in which they are asked for.

    Raises:
        TicketError: if one can't be done.
    """
    try:
        return _run(_analyses_of_engine(path, wanted, client))
    except NotRunning:
        from sessions.session.session import Session

        with Session.open(path) as opened:
            return [opened.analyse(one.kind, one.branch, one.round, one.parameters) for one in wanted]


def analyse(
    session: "Session | Path | str", kind: str, branch: str, round_: int | None = None, **parameters: Any
) -> Analysed:
    """Look at a branch's weights; `found.array(name)` has the numbers.

    Args:
        session: A session, or its path.
        kind: `snr`, `layers`, `curvature`, `hessian`, `surface`, `connectivity`, `instability`, `comparison` or
            `decomposition`.
        branch: The branch whose weights are looked at.
        round_: A finished round; None is what runs now, or else the last finished one.
        **parameters: Of the analysis, `directions=10`.

    Raises:
        TicketError: if it can't be done.
    """
    if isinstance(session, str | Path):
        wish = commands.Analyse(kind=kind, branch=branch, round=round_, parameters=parameters)
        return analysed(Path(session), [wish])[0]
    return session.analyse(kind, branch, round_, parameters)


def transfer(
    session: "Session | Path | str",
    branch: str,
    rounds: Sequence[int] | int | None = None,
    overrides: Mapping[str, Any] | None = None,
    **options: Any,
) -> list[str]:
    """Train a branch's tickets otherwise, beside random ones; returns the names of the new branches.

    Args:
        session: A session, or its path; run it to train them.
        branch: The branch whose tickets are taken.
        rounds: Of which rounds; None: of all.
        overrides: What is different, tables as in the spec: `{"task": {"name": "mnist"}}`.
        **options: `name`, `control`, `native`, `overlap`, `start`, as `Session.transfer` has them.

    Raises:
        TicketError: if the tickets don't fit.
    """
    if isinstance(session, str | Path):
        wish = {"branch": branch, "rounds": _several(rounds), "overrides": overrides or {}, **options}
        return list(answer(Path(session), convert(wish, commands.Transfer, "$"))["branches"])
    return session.transfer(branch, _several(rounds), overrides, **options)


def decompose(
    session: "Session | Path | str",
    branch: str,
    rounds: Sequence[int] | int | None = None,
    trainer: str | Mapping[str, Any] | None = None,
) -> list[str]:
    """Begin the controls that the analysis `decomposition` needs; returns the names of the new branches.

    Args:
        session: A session, or its path; run it to train them.
        branch: The branch whose tickets are taken.
        rounds: Of which rounds; None: of all.
        trainer: What trains found masks and their controls, where the branch learns masks.

    Raises:
        TicketError: if there is no such round, all controls are there.
    """
    if isinstance(session, str | Path):
        wish = {"branch": branch, "rounds": _several(rounds), "trainer": trainer}
        return list(answer(Path(session), convert(wish, commands.Decompose, "$"))["branches"])
    return session.decompose(branch, _several(rounds), trainer)


def _several(rounds: Sequence[int] | int | None) -> Sequence[int] | None:
    return [rounds] if isinstance(rounds, int) else rounds


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Wait for a coroutine; in a thread of its own where this one has a loop already, as a notebook's has."""
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
    raise TicketError(f"The engine is gone: {client.farewell}. Ask again, and the analysis is computed here.")
