"""`tx.analyse`, `tx.transfer`, `tx.decompose`: for a session that is open, or for one on disk that no engine runs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sessions.messages.events import Analysed
from sessions.session.session import Session


def analyse(
    session: Session | Path | str, kind: str, branch: str, round_: int | None = None, **parameters: Any
) -> Analysed:
    """Look at a branch's weights; `found.array(name)` has the numbers.

    Args:
        session: A session, or its path.
        kind: `snr`, `layers`, `curvature`, `surface`, `connectivity`, `instability`, `comparison` or `decomposition`.
        branch: Whose.
        round_: A finished round; None is what runs now, or else the last finished one.
        **parameters: Of the analysis, `directions=10`.

    Raises:
        TicketError: if it can't be done, or another process runs the session.
    """
    with _opened(session) as opened:
        return opened.analyse(kind, branch, round_, parameters)


def transfer(
    session: Session | Path | str,
    branch: str,
    rounds: Sequence[int] | int | None = None,
    overrides: Mapping[str, Any] | None = None,
    **options: Any,
) -> list[str]:
    """Train a branch's tickets otherwise, beside random ones; returns the names of the new branches.

    Args:
        session: A session, or its path; run it to train them.
        branch: Whose tickets.
        rounds: Of which rounds; None: of all.
        overrides: What is different, tables as in the spec: `{"task": {"name": "mnist"}}`.
        **options: `name`, `control`, `native`, `overlap`, `start`, as `Session.transfer` has them.

    Raises:
        TicketError: if the tickets don't fit, or another process runs the session.
    """
    with _opened(session) as opened:
        return opened.transfer(branch, _several(rounds), overrides, **options)


def decompose(
    session: Session | Path | str,
    branch: str,
    rounds: Sequence[int] | int | None = None,
    trainer: str | Mapping[str, Any] | None = None,
) -> list[str]:
    """Begin the controls that the analysis `decomposition` needs; returns the names of the new branches.

    Args:
        session: A session, or its path; run it to train them.
        branch: Whose tickets.
        rounds: Of which rounds; None: of all.
        trainer: What trains found masks and their controls, where the branch learns masks.

    Raises:
        TicketError: if there is no such round, all controls are there, or another process runs the session.
    """
    with _opened(session) as opened:
        return opened.decompose(branch, _several(rounds), trainer)


def _several(rounds: Sequence[int] | int | None) -> Sequence[int] | None:
    return [rounds] if isinstance(rounds, int) else rounds


@contextmanager
def _opened(session: Session | Path | str) -> Iterator[Session]:
    if isinstance(session, Session):
        yield session
    else:
        with Session.open(Path(session)) as opened:
            yield opened
