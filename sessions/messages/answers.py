"""The answers to commands, where an answer has fields of its own."""

from typing import Literal

import msgspec


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `PreviewPruning`: what the next pruning would do, replicate 0."""

    kept: int
    """Prunable weights kept now."""
    removed: int
    """How many of them the next pruning removes."""
    pruners: list[str]
    """The pruners that can be used here."""
    overlap: list[list[float]]
    """For each two of them, the Jaccard overlap of what they would remove, in [0, 1]."""
    layers: dict[str, dict[str, int]]
    """For each pruner, how many weights of each prunable leaf it would remove."""
    present: str = ""
    """Which of them the branch has; one's own is called by file and object."""
    asked: str = ""
    """Which of them was asked about; empty if none was."""


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `Rollout`: replicate 0, step by step."""

    branch: str
    round: int
    generation: int
    kind: Literal["segments", "cells"]
    """Whether drawings are line segments (x, y, x, y, y upwards) or cells with a brightness in [0, 1]."""
    shape: list[int]
    """The shape of the drawings: [steps, segments, 4], or [steps, rows, columns]."""
    drawings: bytes
    """float32 of that shape, C order."""
    bounds: list[float]
    """Left, right, bottom and top of the picture, in the units of the segments."""
    rewards: bytes
    """The reward of each step, float32 [steps]."""

    def __repr__(self) -> str:
        """Whose policy played for how long; not what it drew."""
        return f"<Episode of {self.branch}:{self.round}, generation {self.generation}: {self.shape[0]} steps>"


class ExamplesSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `Examples`: test images, and what replicate 0 makes of them."""

    branch: str
    round: int
    generation: int
    shape: list[int]
    """The images', [n, height, width]."""
    pixels: bytes
    """float32 of that shape, in [0, 1]."""
    labels: list[int]
    """The class of each."""
    classes: int
    before: bytes
    """The probability of each class, float32 [n, classes]."""
    after: bytes
    """The same with the weights that the next pruning leaves; empty if that isn't known."""
    paths: bytes
    """For each image the entries of θ that weigh most in its prediction, int32 [n, k], the most important first."""

    def __repr__(self) -> str:
        """Whose weights they are; not the images."""
        return f"<ExamplesSeen by {self.branch}:{self.round}, generation {self.generation}: {self.shape[0]} images>"
