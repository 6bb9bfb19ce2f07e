"""A whole session in one call, for scripts."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sessions.messages import events
from sessions.reports.statistics import mean
from sessions.saved.session import SavedSession
from sessions.session.long_runs import watch_over
from sessions.session.session import Session, Source
from sessions.specs.sources import DEFAULT, spec_from, with_lengths

if TYPE_CHECKING:
    from ticket_explorer.tasks.own_data.given import Arrays


def run(
    source: Source = DEFAULT,
    path: str | Path | None = None,
    *,
    rounds: int | None = None,
    generations: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    settings: dict[str, Any] | None = None,
    data: "Arrays | None" = None,
    quiet: bool = False,
) -> SavedSession:
    """Run a session to its end and return what it found; a line on stderr reports each finished round.

    If there is a session of the same spec at `path`, it goes on where it was.

    Args:
        source: A preset's name, a TOML file, a table, or a spec.
        path: The session's directory; by default a new one in the user's sessions.
        rounds: The rounds of each branch, the dense one included.
        generations: The generations of each round.
        replicates: How many searches run together, each with its own seed.
        seed: The seed of everything that is random.
        settings: More values by their paths, `{"trainer.strategy": "pgpe"}`.
        data: Arrays that all branches learn from, in place of the source's task.
        quiet: Whether to print nothing.

    Raises:
        TicketError: if the spec can't work, another spec's session is at `path`, or a branch failed.
    """
    spec = spec_from(with_lengths(source, settings or {}, rounds, generations, replicates, seed))
    opened = Session.create(spec, data=data) if path is None else Session.open_or_create(spec, path, data=data)
    with opened as session:
        if not quiet:
            session.subscribe(_tell)
        watch_over(session)
        session.run()
    return SavedSession.read(session.path)


def _tell(event: events.Event, kept: bool) -> None:
    if isinstance(event, events.RoundFinished):
        score = mean(event.score)
        told = "no score" if score is None else f"score {score:.3f}"
        print(f"{event.branch}, round {event.round}: {told}", file=sys.stderr, flush=True)
