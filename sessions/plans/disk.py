"""How much of a disk a session still needs until its end, and whether that is there. No JAX is imported."""

import shutil
from math import prod
from pathlib import Path

from sessions.messages.events import METRICS
from sessions.views.branch_view import BranchView
from sessions.views.densities import found_densities_of
from sessions.views.session_view import SessionView
from ticket_explorer.densities import overall
from ticket_explorer.errors import TicketError

A_GENERATION = 60
"""Bytes of a generation's record in the journal, beside its numbers, where each chunk is one generation."""
A_ROUND = 400_000
"""Bytes of a round's other records and of its samples of weights."""
SPARE = 50_000_000
"""Bytes that the disk should have left at the end: for checkpoints and for the system."""


def disk_needed(view: SessionView, replicates: int) -> int:
    """Bytes that the rounds still to train will take on the disk, roughly and rather too many.

    Args:
        view: The session as it is.
        replicates: How many searches run together.
    """
    going_on = [branch for branch in view.branches.values() if not branch.aside and branch.failed is None]
    return round(sum(_branch(view, branch, replicates) for branch in going_on))


def disk_trouble(view: SessionView, replicates: int, place: Path) -> str:
    """A sentence if the disk has less room than the session still needs; empty if it has enough.

    Args:
        view: The session as it is.
        replicates: How many searches run together.
        place: A directory on the disk.
    """
    try:
        needed, free = disk_needed(view, replicates), free_bytes(place)
    except (OSError, TicketError):  # a disk that doesn't say
        return ""
    if free >= needed + SPARE:
        return ""
    return (
        f"The disk may become full: until its end this session needs about {needed / 1e6:,.0f} MB, and "
        f"{free / 1e6:,.0f} MB are free at {place}. Make room; a full disk pauses the session and loses nothing."
    )


def round_bytes(weights: int, prunable: int, kept: float, generations: int, replicates: int) -> float:
    """Bytes of one round: its journal and samples, and each replicate's mask, mean and σ of what is kept.

    Args:
        weights: The network's, the prunable ones among them.
        prunable: How many of them may be pruned.
        kept: How many of those are kept.
        generations: Of the round.
        replicates: How many searches run together.
    """
    journal = generations * (A_GENERATION + 4 * (len(METRICS) + 1) * replicates)
    return A_ROUND + journal + replicates * (8 * (weights - prunable + kept) + weights / 8)


def free_bytes(place: Path) -> int:
    """The bytes that are free where a directory is or will be.

    Raises:
        OSError: if the system doesn't say.
    """
    return shutil.disk_usage(next(path for path in (place, *place.absolute().parents) if path.exists())).free


def _branch(view: SessionView, branch: BranchView, replicates: int) -> float:
    """Bytes of a branch's rounds to come."""
    weights = sum(prod(leaf.shape) for leaf in branch.leaves)
    prunable = [leaf for leaf in branch.leaves if leaf.prunable]
    done = branch.next_round - 1
    density = 1.0 if done < 0 else overall(found_densities_of(view, branch.name, done), prunable)
    ratio, generations = float(branch.plan["pruning"]["ratio"]), int(branch.plan["trainer"]["generations"])
    kept = (branch.prunable * density * (1 - ratio) ** (n - max(done, 0)) for n in _rounds_left(branch))
    return sum(round_bytes(weights, branch.prunable, one, generations, replicates) for one in kept)


def _rounds_left(branch: BranchView) -> range:
    return range(branch.next_round, branch.planned_rounds)
