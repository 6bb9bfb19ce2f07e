"""A session as a pandas table, for your own statistics and figures."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, get_args

from sessions.reports.generation_rows import Row, metric_rows
from sessions.reports.json_report import densities
from sessions.reports.passes import environment_steps
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError

if TYPE_CHECKING:
    from pandas import DataFrame

RowKind = Literal["rounds", "generations"]
"""One row for each finished round of each branch and replicate, inherited ones included; or for each generation
of each round and replicate, where its own branch trained it."""


def frame_of(view: SessionView, rows: RowKind = "rounds", session: str = "", seed: int | None = None) -> "DataFrame":
    """A session's rounds or generations.

    Args:
        view: The session as its events tell it.
        rows: What a row is. The columns of `rounds` are session, seed, branch, round, replicate, the pruner whose
            ticket it is, density in [0, 1], kept weights, generations, seconds, environment steps, score, fitness of
            the last generation, correlation of SNR and magnitude; and `trained_density` and `trained_kept`, which
            differ if masks are learned. Those of `generations` are session, seed, branch, round, density, generation
            from 0, replicate, the metrics, and environment steps and the score after the generation. A value that has
            no meaning is missing: the dense round has no pruner.
        session: The session's name.
        seed: The seed in its spec, from which all its replicates draw.

    Raises:
        TicketError: if pandas is not installed, or there are no such rows.
    """
    if rows not in get_args(RowKind):
        raise InvalidValue("rows", repr(rows), " or ".join(map(repr, get_args(RowKind))))
    try:
        import pandas
    except ImportError:
        raise TicketError("A table needs pandas; install it with: pip install pandas") from None
    found = round_rows(view) if rows == "rounds" else metric_rows(view)
    frame = pandas.DataFrame.from_records(list(found), columns=None if rows == "generations" else COLUMNS)
    frame.insert(0, "seed", seed)
    frame.insert(0, "session", session)
    return frame


COLUMNS = [
    "branch",
    "round",
    "replicate",
    "pruner",
    "density",
    "kept",
    "trained_density",
    "trained_kept",
    "generations",
    "seconds",
    "environment_steps",
    "score",
    "fitness",
    "correlation",
]


def round_rows(view: SessionView) -> Iterator[Row]:
    """Every finished round of every branch and replicate, in order."""
    for name in view.branches:
        for round_ in view.lineage(name):
            if round_.finished is not None:
                for replicate in range(len(round_.finished.score)):
                    yield {
                        "branch": name,
                        "round": round_.number,
                        "replicate": replicate,
                        **_numbers(round_, replicate),
                    }


def _numbers(round_: RoundView, replicate: int) -> dict[str, Any]:
    finished = round_.finished
    assert finished is not None
    steps = environment_steps(round_)
    return {
        "pruner": round_.plan["pruner"]["name"] if round_.number and round_.plan else None,
        **densities(round_),
        "generations": finished.generations,
        "seconds": finished.seconds,
        "environment_steps": None if steps is None else steps[replicate],
        "score": finished.score[replicate],
        "fitness": finished.fitness[replicate],
        "correlation": finished.pearson[replicate] if finished.pearson else None,
    }
