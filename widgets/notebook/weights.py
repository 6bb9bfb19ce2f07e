"""The names of weights, from entries of θ: their leaf, and their index in it."""

from collections.abc import Sequence
from math import prod

import numpy as np

from sessions.messages.events import LeafShape
from widgets.plots.kinds import Look
from widgets.shared.wording import counted

MOST = 12
"""The most weights that are named one by one."""


def named_weights(entries: Sequence[int], look: Look) -> str:
    """Weights as text: `2 weights: Dense_0/kernel [12, 3] · Dense_1/kernel [0, 7]`; empty for none."""
    branch = look.selection.branch_in(look.view)
    if not entries or branch is None:
        return ""
    leaves = look.view.branches[branch].leaves
    names = [name for entry in entries[:MOST] if (name := _named(entry, leaves))]
    more = f" · and {len(entries) - MOST} more" if len(entries) > MOST else ""
    count = counted(len(entries), "weight", "weights")
    return f"{count}: {' · '.join(names)}{more}"


def _named(entry: int, leaves: Sequence[LeafShape]) -> str:
    start = 0
    for leaf in leaves:
        size = prod(leaf.shape)
        if entry < start + size:
            index = ", ".join(str(int(i)) for i in np.unravel_index(entry - start, leaf.shape))
            return f"{leaf.name} [{index}]"
        start += size
    return ""
