"""The mask panel: the layers of a round's mask in turn, and again with the weights on which the criteria disagree.

For the first layer of an image's network that is the input picture itself.
"""

from collections.abc import Sequence

from sessions.messages.events import LeafShape
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.plots import figures
from widgets.plots.figure import Axis, Figure, Points
from widgets.plots.figures import Selection
from widgets.plots.figures.quadrants import quadrants_of
from widgets.plots.mask_reader import Masks
from widgets.shared.wording import share


def mask_turns(view: SessionView, selection: Selection) -> int:
    """How many things the panel shows in turn: the prunable layers, twice if weights have a σ."""
    branch = selection.branch_in(view)
    leaves = [] if branch is None else _prunable(view, branch)
    has_sigma = any(
        round_.frames and round_.frames[-1].std is not None
        for round_ in (view.lineage(branch) if branch is not None else ())
    )
    return max(len(leaves) * (1 + has_sigma), 1)


def mask_panel(
    view: SessionView, selection: Selection, masks: Masks, picked: Sequence[int] = (), turn: int = 0
) -> Figure:
    """The mask of one layer of the last finished round, or of the selected one.

    Args:
        view: The session as its events tell it.
        selection: What is looked at.
        masks: Reads masks.
        picked: Entries of θ that a person selected, which are lit up.
        turn: Which layer; beyond the last, the layers again with the weights that only one criterion would prune.
    """
    branch = selection.branch_in(view)
    if branch is None:
        return _nothing(selection.missing_in(view))
    names = _prunable(view, branch)
    finished = [round_ for round_ in view.lineage(branch) if round_.finished]
    wanted = [round_ for round_ in finished if selection.round in (None, round_.number)]
    if not names or not wanted:
        return _nothing(
            "A mask is drawn when its round is finished." if names else "This session did not record its layers."
        )
    round_ = wanted[-1]
    found = masks.mask(round_.branch, round_.number)
    if found is None:
        return _nothing("Reading the mask …")
    place = turn % mask_turns(view, selection)
    leaves, leaf = view.branches[branch].leaves, names[place % len(names)]
    shape = view.branches[branch].input_shape
    drawn = figures.mask(found, leaves, leaf, shape)
    lit, told = _disagreement(view, branch, round_, leaf) if place >= len(names) else ((), drawn.note)
    chosen = figures.lit_weights(picked, leaves, leaf, shape)
    title = f"{leaf} · {branch}, round {round_.number}, {share(round_.density)} kept"
    return Figure(title, drawn.x, drawn.y, (*drawn.marks, *lit, *chosen), told)


def _prunable(view: SessionView, branch: str) -> list[str]:
    return [leaf.name for leaf in view.branches[branch].leaves if leaf.prunable]


def _disagreement(view: SessionView, branch: str, round_: RoundView, leaf: str) -> tuple[tuple[Points, ...], str]:
    """The sampled weights of a layer that only one criterion would prune after the round, and a sentence."""
    frame = round_.frames[-1] if round_.frames else None
    quadrants = None if frame is None else quadrants_of(view, branch, round_, frame)
    if quadrants is None:
        return (), "The criteria can't be compared in this round: no sample of it has a σ, or nothing is pruned."
    leaves: list[LeafShape] = view.branches[branch].leaves
    shape, entries = view.branches[branch].input_shape, quadrants.sample.indices
    lit: list[Points] = []
    for group in quadrants.groups:
        if group.differs:
            name, _, _ = group.name.rpartition(" ")
            lit += figures.lit_weights(
                entries[group.where].tolist(), leaves, leaf, shape, (f"{name} prunes", group.colour)
            )
    counts = ", ".join(f"{points.name} {points.x.size}" for points in lit) or "the criteria agree about all of them"
    return tuple(lit), f"Of the {entries.size} sampled weights, those of this layer: {counts}."


def _nothing(note: str) -> Figure:
    return Figure("Mask", Axis(""), Axis(""), note=note)
