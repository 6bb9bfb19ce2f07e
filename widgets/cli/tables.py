"""Tables for people."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sessions.branch_view import RoundView
from sessions.report import mean, standard_error
from sessions.view import SessionView


def rounds_table(view: SessionView) -> Table:
    """Scores of all branches, a row a round."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("round", justify="right")
    table.add_column("weights kept", justify="right")
    lines = {name: {r.number: r for r in view.lineage(name) if r.finished} for name in view.branches}
    for name in lines:
        table.add_column(Text(name), justify="right", overflow="fold")
    for number in sorted({number for rounds in lines.values() for number in rounds}):
        cells = [_score(rounds.get(number)) for rounds in lines.values()]
        densities = {f"{100 * r[number].density:.2f}%" for r in lines.values() if number in r}
        table.add_row(str(number), " ".join(sorted(densities)), *cells)
    return table


def _score(round_: RoundView | None) -> str:
    if round_ is None or round_.finished is None:
        return ""
    score, error = mean(round_.finished.score), standard_error(round_.finished.score)
    if score is None:
        return "–"
    return f"{score:.3f}" if error is None else f"{score:.3f} ± {error:.3f}"
