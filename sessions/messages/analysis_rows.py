"""The arrays of an analysis as rows, for tables: one for each number."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sessions.messages.parts import Block
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.errors import TicketError

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame

Row = dict[str, str | int | float | None]
_AXES = 4
"""The most axes of an array."""


def rows(of: Row, kind: str, arrays: Mapping[str, Block]) -> Iterator[Row]:
    """A row for each number of each array that isn't an axis, with its place along each axis.

    Args:
        of: What all rows begin with.
        kind: The analysis's name.
        arrays: Its arrays by name.
    """
    import numpy as np  # a first view does without

    for name, block in arrays.items():
        if len(block.shape) < 2:
            continue
        axes, values = _axes(kind, name, len(block.shape)), _values(block)
        for place in np.ndindex(values.shape):
            value = float(values[place])
            yield {
                **of,
                "quantity": name,
                **{f"axis_{i}": None for i in range(_AXES)},
                **{f"place_{i}": None for i in range(_AXES)},
                **{f"axis_{i}": axis.removesuffix("s") for i, axis in enumerate(axes)},
                **{f"place_{i}": _place(arrays, axis, place[i]) for i, axis in enumerate(axes)},
                "value": value if np.isfinite(value) else None,
            }


def frame(made: Iterator[Row]) -> "DataFrame":
    """Rows as a pandas table.

    Raises:
        TicketError: if pandas is not installed.
    """
    try:
        from pandas import DataFrame
    except ImportError:
        raise TicketError("A table needs pandas; install it with: pip install pandas") from None
    return DataFrame.from_records(list(made))


def _axes(kind: str, name: str, count: int) -> tuple[str, ...]:
    known = ANALYSES.get(kind)
    named = () if known is None else known.own_axes.get(name, known.axes)
    return (named or tuple(f"axis {i}" for i in range(count)))[:count]


def _place(arrays: Mapping[str, Block], axis: str, index: int) -> float:
    return float(_values(arrays[axis])[index]) if axis in arrays else float(index)


def _values(block: Block) -> "np.ndarray":
    import numpy as np

    return np.frombuffer(block.data, "<f4").reshape(block.shape)
