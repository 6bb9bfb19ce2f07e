"""A figure: what a chart shows, before it is drawn.

The terminal, the notebook and exports draw the same figures, each by its own means. A figure holds
numbers, words and palette indices, no pixels and no colours.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

MUTED = -1
"""The palette index of marks in the background: rules, pruned weights."""


@dataclass(frozen=True)
class Axis:
    """One axis of a figure."""

    label: str
    scale: Literal["linear", "log"] = "linear"
    reverse: bool = False
    """Whether values decrease to the right, or upwards."""
    percent: bool = False
    """Whether values are shares, to be written in percent."""
    limits: tuple[float, float] | None = None
    """The lowest and highest value shown; None fits the marks."""


@dataclass(frozen=True)
class Line:
    """Connected values; NaN in `y` is a gap."""

    name: str
    x: Values
    """[n], ascending."""
    y: Values
    """[n]."""
    low: Values | None = None
    """[n], the lower edge of a band (or of error bars where `markers` is true)."""
    high: Values | None = None
    """[n], the upper edge."""
    colour: int = 0
    """Palette index."""
    markers: bool = False
    """Whether each value gets a mark: few values, each of them measured."""
    faint: bool = False
    """Whether it stands behind the others."""


@dataclass(frozen=True)
class Points:
    """A dot at each place (x, y)."""

    name: str
    x: Values
    """[n]."""
    y: Values
    """[n]."""
    colour: int = 0
    entries: npt.NDArray[np.int32] | None = None
    """[n], the entries of θ that the points stand for; None if they stand for something else."""
    marked: bool = False
    """Whether each gets the marker of its colour, so that it is told apart without colours."""


@dataclass(frozen=True)
class Bars:
    """Counts between edges, or one bar a label."""

    name: str
    edges: Values
    """[n + 1], ascending."""
    heights: Values
    """[n]."""
    colour: int = 0


@dataclass(frozen=True)
class Rule:
    """A straight line across the figure at one value."""

    name: str
    value: float
    across: Literal["x", "y"]
    """The axis that `value` is on: a rule across y is horizontal."""
    colour: int = MUTED


@dataclass(frozen=True)
class Picture:
    """A matrix as a picture, row 0 on top."""

    name: str
    values: Values
    """[rows, columns] in [0, 1]; NaN where there is nothing to show."""
    colour: int = 0
    is_drawing: bool = False
    """Whether it is a drawing that may have any size, rather than values that are told apart one by one."""


Mark = Line | Points | Bars | Rule | Picture


@dataclass(frozen=True)
class Figure:
    """A chart without its drawing."""

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...] = ()
    note: str = ""
    """A sentence if there is nothing to draw yet, or one line about what is drawn."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(_has_values(mark) for mark in self.marks)


def _has_values(mark: Mark) -> bool:
    match mark:
        case Line() | Points():
            return bool(np.isfinite(mark.y).any())
        case Bars():
            return bool(mark.heights.any())
        case Picture():
            return mark.values.size > 0
        case Rule():
            return False
