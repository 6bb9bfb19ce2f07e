"""Where a network is pruned: the density of each of its leaves.

Cf. figure 11 of Lange & Sprekeler (2023). Global pruning chooses how much of each layer stays; Vischer, Lange &
Sprekeler (2021) show that this choice is part of a ticket's effect.
"""

from dataclasses import replace

import numpy as np

from sessions.views.branch_view import BranchView, RoundView
from sessions.views.session_view import SessionView
from widgets.plots.figure import Axis, Bars, Figure, Line, Mark
from widgets.plots.figures.selection import Selection, percent
from widgets.plots.names import FIGURES

_ROUNDS = Axis("round")
_DENSITY = Axis("weights kept", scale="log", percent=True)
_LEAVES = Axis("layer")
_SHARE = Axis("weights kept", percent=True, limits=(0.0, 1.0))


def sparsity(view: SessionView, selection: Selection) -> Figure:
    """Density of each prunable leaf in every finished round of the branch, and of all of them together.

    Means over replicates. On the logarithmic axis a leaf that is pruned like the whole network runs
    parallel to the faint line; an empty leaf leaves a gap.
    """
    branch = selection.branch_in(view)
    title = f"{FIGURES['sparsity'].title} · {branch or selection.place_in(view)}"
    if branch is None:
        return Figure(title, _ROUNDS, _DENSITY, note=selection.missing_in(view))
    rounds = [round_ for round_ in view.lineage(branch) if round_.finished]
    if not rounds:
        return Figure(title, _ROUNDS, _DENSITY, note="Layer densities come when the first round is finished.")
    names = _prunable(view.branches[branch], rounds[-1])
    lines: list[Mark] = [_line(name, rounds, colour) for colour, name in enumerate(names)]
    x = np.array([round_.number for round_ in rounds], float)
    whole = np.array([round_.density for round_ in rounds])
    lines.append(Line("whole network", x, whole, colour=len(names), faint=True))
    last = view.branches[branch].planned_rounds - 1
    axis = replace(_ROUNDS, limits=(0.0, float(max(last, rounds[-1].number, 1))))
    return Figure(title, axis, _DENSITY, tuple(lines), _emptied(names, rounds[-1]))


def sparsity_now(view: SessionView, selection: Selection) -> Figure:
    """Density of each prunable leaf in the selected round, a bar for each; means over replicates."""
    title = f"{FIGURES['sparsity_now'].title} · {selection.place_in(view)}"
    branch, round_ = selection.branch_in(view), selection.round_in(view)
    if branch is None or round_ is None:
        return Figure(title, _LEAVES, _SHARE, note=selection.missing_in(view))
    if round_.finished is None:
        return Figure(title, _LEAVES, _SHARE, note=f"Layers are counted when round {round_.number} is finished.")
    bars = tuple(
        Bars(name, np.array([place - 0.4, place + 0.4]), np.array([_density(round_, name)]), colour=place)
        for place, name in enumerate(_prunable(view.branches[branch], round_))
        if np.isfinite(_density(round_, name))
    )
    return Figure(title, _LEAVES, _SHARE, bars, f"{percent(round_.density)} of all prunable weights are kept.")


def _prunable(branch: BranchView, round_: RoundView) -> list[str]:
    """The names of the prunable leaves; the kernels, if the journal doesn't say which."""
    if branch.leaves:
        return [leaf.name for leaf in branch.leaves if leaf.prunable]
    known = round_.finished.leaves if round_.finished else {}
    return [name for name in known if name.rpartition("/")[2] == "kernel"] or list(known)


def _density(round_: RoundView, name: str) -> float:
    leaf = round_.finished.leaves.get(name) if round_.finished else None
    return float("nan") if leaf is None else leaf.density


def _line(name: str, rounds: list[RoundView], colour: int) -> Line:
    x = np.array([round_.number for round_ in rounds], float)
    y = np.array([_density(round_, name) for round_ in rounds])
    return Line(name, x, np.where(y > 0, y, np.nan), colour=colour, markers=True)


def _emptied(names: list[str], last: RoundView) -> str:
    empty = [name for name in names if _density(last, name) == 0]
    return f"Nothing is left of {', '.join(empty)}." if empty else ""
