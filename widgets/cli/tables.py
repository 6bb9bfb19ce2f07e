"""Tables for people."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sessions.reports.passes import environment_steps, forward_passes
from sessions.reports.statistics import mean, standard_error
from sessions.views.branch_view import RoundView
from sessions.views.failures import failures
from sessions.views.session_view import SessionView
from widgets.shared.wording import count, of_searches, one_error


def rounds_table(view: SessionView) -> Table:
    """Scores of all branches, a row a round."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("round", justify="right")
    table.add_column("weights kept", justify="right")
    lines = {name: {r.number: r for r in view.lineage(name) if r.finished} for name in view.branches}
    for name in lines:
        table.add_column(Text(name), justify="right", overflow="fold")
    for number in sorted({number for rounds in lines.values() for number in rounds}):
        shared = {_kept(rounds[number]) for rounds in lines.values() if number in rounds}
        is_shared = len(shared) == 1
        cells = [_cell(rounds.get(number), is_shared) for rounds in lines.values()]
        table.add_row(str(number), shared.pop() if is_shared else "", *cells)
    table.caption = (
        "\n".join(
            filter(
                None, (*failures(view), _errors(view), _costs(view), _layers(view), of_searches(view, view.branches))
            )
        )
        or None
    )
    return table


def _errors(view: SessionView) -> str | None:
    """What ± means, if there are several replicates."""
    scores = [len(r.finished.score) for name in view.branches for r in view.lineage(name) if r.finished]
    return f"Mean of {scores[0]} replicates {one_error(scores[0])}" if scores and scores[0] > 1 else None


def needed_table(rows: Sequence[Mapping[str, Any]], target: float) -> Table:
    """What rounds took to reach a score: the mean over the replicates that did, and how many did."""
    cost = next((key for key in _COSTS if any(value is not None for row in rows for value in row[key])), "generations")
    several = len({row["session"] for row in rows}) > 1
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=f"To reach {target:g}", title_justify="left")
    for head in (*(["session"] if several else []), "branch", "round", "weights kept", _COSTS[cost], "reached by"):
        table.add_column(head, justify="left" if head in ("session", "branch") else "right", overflow="fold")
    for row in rows:
        spent, there = [v for v in row[cost] if v is not None], sum(g is not None for g in row["generations"])
        cells = [count(round(fmean(spent)) if spent else None), f"{there} of {len(row['generations'])}"]
        place = [Text(row["session"])] if several else []
        table.add_row(*place, Text(row["branch"]), str(row["round"]), f"{100 * row['density']:.2f}%", *cells)
    return table


_COSTS = {"environment_steps": "environment steps", "forward_passes": "forward passes", "generations": "generations"}


def _costs(view: SessionView) -> str | None:
    """What a round of each branch cost: environment steps, or forward passes where several trainers are compared."""
    last = {name: [r for r in view.lineage(name) if r.finished][-1:] for name in view.branches}
    steps = {name: taken for name, rounds in last.items() if rounds and (taken := environment_steps(rounds[0]))}
    if steps:
        told = ", ".join(f"{name} {count(round(fmean(taken)))}" for name, taken in steps.items())
        return f"Environment steps of the last round, the mean over replicates: {told}"
    known = {name: forward_passes(rounds[0]) for name, rounds in last.items() if rounds}
    if len({r.plan["trainer"]["name"] for rounds in last.values() for r in rounds if r.plan}) < 2:
        return None
    told = ", ".join(f"{name} {count(passes)}" for name, passes in known.items())
    return f"Forward passes a round, a backward pass counting as two: {told}"


def _layers(view: SessionView) -> str | None:
    """Each branch's layer that keeps the smallest share of its weights in the last round; none for dense rounds."""
    told = []
    for name in view.branches:
        last = [r for r in view.lineage(name) if r.finished and r.trained_density < 1][-1:]
        finished = last[0].finished if last else None
        shares = {leaf: summary.density for leaf, summary in finished.leaves.items()} if finished else {}
        prunable = {leaf.name for leaf in view.branches[name].leaves if leaf.prunable}
        known = {leaf: density for leaf, density in shares.items() if leaf in prunable}
        if len(known) > 1:
            leaf = min(known, key=known.__getitem__)
            told.append(f"{name} {leaf} {100 * known[leaf]:.2g}%")
    return f"Sparsest layer of the last round: {', '.join(told)}" if told else None


def _kept(round_: RoundView) -> str:
    return f"{100 * round_.density:.2f}%"


def _cell(round_: RoundView | None, is_shared: bool) -> str:
    """A round's score, with the weights it keeps unless the whole row says that."""
    if round_ is None:
        return ""
    return _score(round_) if is_shared else f"{_score(round_)} at {_kept(round_)}"


def _score(round_: RoundView) -> str:
    if round_.finished is None:
        return ""
    score, error = mean(round_.finished.score), standard_error(round_.finished.score)
    if score is None:
        return "–"
    return f"{score:.3f}" if error is None else f"{score:.3f} ± {error:.3f}"
