"""Where values are in a drawing.

Dots are counted from the frame's upper left corner, two across and four down a cell; the lowest value of an axis
is in the middle of the first dot and the highest in the middle of the last.
"""

from dataclasses import dataclass

import numpy as np

from widgets.plots.figure import Values
from widgets.plots.raster.scales import Scale


@dataclass(frozen=True)
class Frame:
    """The cells in which marks are drawn, and the values that lie there."""

    left: int
    top: int
    width: int
    height: int
    x: Scale
    y: Scale

    def across(self, values: Values) -> Values:
        """How many dots to the right values of x are; NaN for nowhere."""
        return self.x.places(values) * (2 * self.width - 1)

    def down(self, values: Values) -> Values:
        """How many dots down values of y are; NaN for nowhere."""
        return (1.0 - self.y.places(values)) * (4 * self.height - 1)

    def column(self, x: float) -> int | None:
        """The drawing's column that shows a value of x."""
        dot = self.x.place(x) * (2 * self.width - 1)
        return self.left + int(np.rint(dot)) // 2 if -0.5 <= dot < 2 * self.width - 0.5 else None

    def row(self, y: float) -> int | None:
        """The drawing's row that shows a value of y."""
        dot = (1.0 - self.y.place(y)) * (4 * self.height - 1)
        return self.top + int(np.rint(dot)) // 4 if -0.5 <= dot < 4 * self.height - 0.5 else None

    def x_at(self, column: int) -> float | None:
        """The value of x in the middle of one of the drawing's columns."""
        if not self.left <= column < self.left + self.width:
            return None
        return self.x.value((2 * (column - self.left) + 0.5) / (2 * self.width - 1))
