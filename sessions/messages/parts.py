"""Parts of events that have fields of their own."""

from typing import Any, Literal

import msgspec


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the seal of another session's file says; all fields are empty if it says nothing."""

    session: str = ""
    branch: str = ""
    number: int = 0


class LeafShape(msgspec.Struct, frozen=True, kw_only=True):
    """One leaf of θ, so that faces can fold a flat mask without building the network."""

    name: str
    shape: list[int]
    prunable: bool


class LeafSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One leaf at the end of a round; means over replicates.

    Older journals also have `mean_magnitude` and `mean_std`, which are ignored.
    """

    density: float


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """An array of numbers."""

    shape: list[int]
    data: bytes
    """float32, in C order."""


class Given(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The ticket from a file that a branch's round 0 trains; it is kept in the session."""

    path: str
    """Where it was."""
    density: float
    """Share of the prunable weights that its mask keeps."""
    weights: str = "start"
    """Which weights were taken: `start`, `trained`, or `fresh` ones."""


class Borrowed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The source of a branch's tickets, if it doesn't find its own."""

    branch: str
    rounds: list[int]
    """Round t of the borrowing branch trains the ticket of `rounds[t]`; after the last it prunes by itself."""
    control: bool = False
    """Whether to use random masks of as many weights, with fresh weights, in place of the tickets."""
    overlap: bool = False
    """Whether to take only the part of each leaf that both networks have."""
    rewind: str | None = None
    """How the tickets are permuted before they are trained: `permuted_weights` or `permuted_mask`."""
    takes: Literal["trained", "found"] = "trained"
    """Which mask: the one that a round trained, or the one that it found. They differ if masks are learned;
    replicates of the control then keep as many weights as replicate 0, or as many as their own ticket."""
    start: dict[str, Any] | None = None
    """Which weights, as a table that names a rewind, `initial`, `early` or `trained`; None: those that the round began
    with."""
