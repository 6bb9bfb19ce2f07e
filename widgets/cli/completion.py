"""What the shell may offer for a word that is being typed: sessions, branches, rounds, kinds.

The shell waits with its prompt: nothing here imports JAX or NumPy, runs a plug-in's code, or says anything. What can't
be read is not offered, nor what a shell would have to quote.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import typer

from sessions.store import sessions_in
from sessions.studies import shipped
from sessions.studies.study_dir import SUFFIX, studies_in
from sessions.views.reading import read_view, session_path
from sessions.views.session_view import SessionView
from ticket_explorer import presets
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.errors import TicketError
from ticket_explorer.places import sessions_dir, studies_dir
from ticket_explorer.tasks.catalogue import DATA_SETS
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.cli.export_format import FORMATS
from widgets.plots.names import AGAINST, EXPORTED
from widgets.shared.session_table import COLUMNS

Offered = list[str]

_UNQUOTED = re.compile(r"[\w.,+:@%/-]+")


def sessions() -> Offered:
    """Names of the user's sessions, and those of sessions in the working directory."""
    return _offered(_sessions())


def presets_and_files() -> Offered:
    """Presets, and what may be trained on or read as a spec in the working directory."""
    endings = (".toml", ".npz")
    return _offered([*presets.names(), *(path.name for path in sorted(Path().iterdir()) if path.suffix in endings)])


def studies() -> Offered:
    """Names of the user's studies, and those of studies in the working directory."""
    return _offered(_studies())


def studies_and_files() -> Offered:
    """The same, shipped studies, and TOML files of the working directory."""
    return _offered(
        [*dict.fromkeys((*_studies(), *shipped.names())), *(path.name for path in sorted(Path().glob("*.toml")))]
    )


def branches(ctx: typer.Context, incomplete: str) -> Offered:
    """A session's branches; rounds as well once a colon is typed."""
    return _told_of(ctx, "session", _rounds if ":" in incomplete else lambda view: view.branches)


def all_or_branches(ctx: typer.Context, incomplete: str) -> Offered:
    """The same, and the word for all of them."""
    return [*branches(ctx, incomplete), "all"]


def rounds(ctx: typer.Context) -> Offered:
    """A session's finished rounds, `snr:3`."""
    return _told_of(ctx, "session", _rounds)


def branches_of_source(ctx: typer.Context) -> Offered:
    """Branches of the session that another one adopts from."""
    return _told_of(ctx, "source", lambda view: view.branches)


def analyses() -> Offered:
    """The kinds of analyses."""
    return _offered(ANALYSES.names())


def trainers() -> Offered:
    """Strategies and the other trainers."""
    return _offered([*STRATEGIES, *TRAINERS.names()])


def figures() -> Offered:
    """The kinds of figures that can be exported."""
    return _offered(EXPORTED)


def costs() -> Offered:
    """What scores can be plotted against."""
    return _offered(AGAINST)


def formats() -> Offered:
    """What any export can be written in."""
    return _offered(dict.fromkeys(name for names in FORMATS.values() for name in names))


def data_sets() -> Offered:
    """The data sets that can be prepared without TensorFlow Datasets."""
    return _offered(DATA_SETS)


def devices() -> Offered:
    """What may be computed on."""
    return ["cpu", "gpu"]


def columns() -> Offered:
    """What a list of sessions can be sorted by."""
    return _offered(COLUMNS)


def _sessions() -> Iterator[str]:
    with suppress(TicketError, OSError):
        yield from (path.name.removesuffix(".session") for path in sessions_in(sessions_dir()))
    with suppress(TicketError, OSError):
        yield from (path.name for path in sessions_in(Path()))


def _studies() -> Iterator[str]:
    with suppress(TicketError, OSError):
        yield from (path.name.removesuffix(SUFFIX) for path in studies_in(studies_dir()))
    with suppress(TicketError, OSError):
        yield from (path.name for path in studies_in(Path()))


def _told_of(ctx: typer.Context, which: str, names: Callable[[SessionView], Iterable[str]]) -> Offered:
    """What the session says that an argument of the same command names."""
    given = _given(ctx, which)
    with suppress(TicketError, OSError):
        return _offered(names(read_view(session_path(given)))) if given else []
    return []


def _given(ctx: typer.Context, which: str) -> str | None:
    """What was typed for an argument; the parser forgets all of them where an option still lacks its value."""
    if ctx.params.get(which) is not None or ctx.parent is None:
        return ctx.params.get(which)
    typed = ctx.parent.args[:-1]
    return ctx.command.make_context(ctx.info_name, typed, parent=ctx.parent, resilient_parsing=True).params.get(which)


def _rounds(view: SessionView) -> Iterator[str]:
    for name in view.branches:
        yield from (f"{name}:{round_.number}" for round_ in view.lineage(name) if round_.finished)


def _offered(names: Iterable[str]) -> Offered:
    return [name for name in names if _UNQUOTED.fullmatch(name)]
