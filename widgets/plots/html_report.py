"""A session as one self-contained HTML page: what it is, what it found, how to reproduce it."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import msgspec

from sessions.reports.passes import environment_steps, forward_passes
from sessions.reports.statistics import mean, standard_error
from sessions.saved.session import SavedSession
from sessions.store.files import write_atomic
from sessions.views.reading import Header
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue
from widgets.plots import figures
from widgets.plots.figure import Figure
from widgets.plots.figures import Selection
from widgets.plots.svg import svg
from widgets.shared.wording import count, counted, one_error, score, sentence, share

if TYPE_CHECKING:
    from sessions.session.session import Session

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #20242a; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .8rem; border-bottom: 1px solid #e4e6e9; text-align: right }
th:first-child, td:first-child { text-align: left }
figure { display: inline-block; margin: .5rem; vertical-align: top; max-width: 30rem } figcaption { font-size: 12px }
svg { max-width: 100% } pre { background: #f5f6f7; padding: .8rem; overflow: auto; font-size: 12px }
"""

_HEADS = ("branch", "round", "kept", "weights", "forward passes", "environment steps", "score", "seconds")


def report(session: "SavedSession | Session | str | Path", path: str | Path) -> None:
    """Write a session as one HTML page: rounds, figures, history and how to reproduce it.

    Args:
        session: A session, its path or its name; one that runs is told as far as it has come.
        path: The file to write; it ends in .html.

    Raises:
        TicketError: if there is no such session, or the file can't be written.
    """
    given = session if isinstance(session, str | Path | SavedSession) else session.path
    saved = given if isinstance(given, SavedSession) else SavedSession.read(given)
    if Path(path).suffix != ".html":
        raise InvalidValue("path", path, "a file name that ends in .html")
    write_atomic(Path(path), page(saved.path, saved.header, saved.view).encode())


def page(path: Path, header: Header, view: SessionView) -> str:
    """The report of a session as HTML, its figures as SVG within it."""
    title = escape(header.title or path.stem)
    body = "".join([*_summary(header, view), _rounds(view), *_figures(view), *_history(view), *_again(header, view)])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    )


def report_figures(view: SessionView) -> Iterator[tuple[str, Figure]]:
    """The non-empty figures of a report with their kinds: those of all branches, then those of each."""
    for kind, figure in (
        ("ticket_curve", figures.ticket_curve(view, Selection())),
        ("correlation", figures.correlation(view, Selection())),
        ("sharpness", figures.sharpness(view, Selection())),
        ("hessian_correlation", figures.hessian_correlation(view, Selection())),
        ("eigenvalues", figures.eigenvalues(view, Selection())),
        ("instability", figures.instability(view, Selection())),
        ("instability_from", figures.instability_from(view, Selection())),
        ("instability_profile", figures.instability_profile(view, Selection(round=0))),
    ):
        if not figure.is_empty:
            yield kind, figure
    for name in view.branches:
        last = max((round_.number for round_ in view.lineage(name) if round_.finished), default=None)
        selection = Selection(name, last)
        for kind, figure in (
            ("learning", figures.learning(view, selection)),
            ("sparsity", figures.sparsity(view, selection)),
            ("curvature", figures.curvature(view, selection)),
            ("hessian", figures.hessian(view, selection)),
            ("surface", figures.surface(view, selection)),
            ("connectivity", figures.connectivity(view, selection)),
            ("decomposition", figures.decomposition(view, selection)),
            ("comparison", figures.comparison(view, selection)),
        ):
            if not figure.is_empty:
                yield kind, figure


def _summary(header: Header, view: SessionView) -> Iterator[str]:
    branches = counted(len(view.branches), "branch", "branches")
    replicates = counted(header.spec.get("replicates", 1), "replicate", "replicates")
    yield f"<p>{branches}, {replicates}, seed "
    yield f"{header.spec.get('seed', 0)}. The session is {escape(view.state)}.</p>"


def _rounds(view: SessionView) -> str:
    rows = []
    for branch in view.branches:
        for round_ in view.lineage(branch):
            if round_.finished is None:
                continue
            error = standard_error(round_.finished.score)
            spread = "" if error is None else f" ± {error:.3f}"
            cells = (
                branch,
                str(round_.number),
                share(round_.density),
                f"{round_.kept:,}",
                count(forward_passes(round_)),
                count(round(fmean(taken)) if (taken := environment_steps(round_)) else None),
                f"{score(mean(round_.finished.score))}{spread}",
                f"{round_.finished.seconds:.1f}",
            )
            rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    heads = "".join(f"<th>{head}</th>" for head in _HEADS)
    scores = [len(r.finished.score) for name in view.branches for r in view.lineage(name) if r.finished]
    what = (
        f"<p>Scores: mean of {scores[0]} replicates {one_error(scores[0])}.</p>" if max(scores, default=1) > 1 else ""
    )
    return f"<h2>Rounds</h2>{what}<table><tr>{heads}</tr>{''.join(rows)}</table>"


def _figures(view: SessionView) -> Iterator[str]:
    yield "<h2>Figures</h2>"
    for kind, figure in report_figures(view):
        yield f"<figure>{svg(figure)}<figcaption>{escape(figures.FIGURES[kind].help)}</figcaption></figure>"


def _history(view: SessionView) -> Iterator[str]:
    told = [escape(line) for event in view.history if (line := sentence(event))]
    yield f"<h2>What happened</h2><ol>{''.join(f'<li>{line}</li>' for line in told)}</ol>"


def _again(header: Header, view: SessionView) -> Iterator[str]:
    spec = msgspec.json.format(msgspec.json.encode(header.spec), indent=2).decode()
    versions = "".join(f"<tr><td>{escape(name)}</td><td>{escape(v)}</td></tr>" for name, v in view.versions.items())
    yield "<h2>How to reproduce it</h2><p>Keep the specification below as <code>spec.json</code>, then run</p>"
    make = "import json, pathlib, ticket_explorer as tx\n"
    make += "spec = tx.parse_spec(json.loads(pathlib.Path('spec.json').read_text()))\n"
    make += "with tx.Session.create(spec, pathlib.Path('again.session')) as session:\n    session.run()"
    yield f"<pre>{escape(make)}</pre><p>With the versions below and the same kind of machine, bits are the same; "
    yield f"random bits are {escape(header.random_bits)}. Decisions made while it ran are listed above.</p>"
    yield f"<h3>Versions</h3><table>{versions}</table><h3>Specification</h3><pre>{escape(spec)}</pre>"
